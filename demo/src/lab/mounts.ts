import { closeSync, mkdirSync, openSync } from 'node:fs';
import { ensureTracefs, MountNs, mount, unshareMounts } from 'nlbpf';
import { MS_PRIVATE } from 'nlbpf/uapi/mount';
import { PIN_DIRECTORY } from '../topology.js';
import { STATE_DIRECTORY, type State, writeState } from './state.js';

/**
 * Takes the process into a mount namespace of its own, with namespaces' names, a BPF file system and tracefs of its own:
 * nothing of the machine's is touched, and all of it ends with the process. Answers the namespace that it came from.
 */
export function enterOwnMounts(): MountNs {
  const home = MountNs.current();
  unshareMounts();
  mkdirSync('/run/netns', { recursive: true });
  mount('tmpfs', '/run/netns', 'tmpfs');
  mount('bpf', '/sys/fs/bpf', 'bpf');
  mkdirSync(PIN_DIRECTORY, { recursive: true });
  ensureTracefs();
  return home;
}

/** Keeps the mount namespace, and with it all that is mounted and pinned there; answers the path to enter it by. */
export function keepMounts(home: MountNs, state: State): string {
  using own = MountNs.current();
  const directory = `${STATE_DIRECTORY}/mounts`;
  const path = `${directory}/ns`;
  state.kept = directory;
  writeState(state);
  home.enter();
  mkdirSync(directory);
  // A mount namespace can be mounted only where nobody else would see the mount.
  mount('tmpfs', directory, 'tmpfs');
  mount('none', directory, 'none', MS_PRIVATE);
  closeSync(openSync(path, 'w'));
  own.bindTo(path);
  own.enter();
  return path;
}
