import { closeSync, existsSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import { ensureTracefs, MountNs, mount, unshareMounts } from 'nlbpf';
import { MS_PRIVATE } from 'nlbpf/uapi/mount';
import { PIN_DIRECTORY } from '../topology.js';
import type { Undo } from '../undo.js';
import { STATE_DIRECTORY, type State, writeState } from './state.js';

const NETNS_DIRECTORY = '/run/netns';

/**
 * Takes the process into a mount namespace of its own, with namespaces' names, a BPF file system and tracefs of its own:
 * nothing of the machine's is touched, and all of it ends with the process. Answers the namespace that it came from.
 */
export function enterOwnMounts(state: State, undo: Undo): MountNs {
  if (!existsSync(NETNS_DIRECTORY)) {
    state.netnsDirectory = true;
    writeState(state);
    undo.defer(NETNS_DIRECTORY, () => removeNetnsDirectory());
    mkdirSync(NETNS_DIRECTORY);
  }
  const home = MountNs.current();
  undo.defer('the handle of the mount namespace', () => home.close());
  unshareMounts();
  undo.defer('the mount namespace', () => home.enter());
  mount('tmpfs', NETNS_DIRECTORY, 'tmpfs');
  mount('bpf', '/sys/fs/bpf', 'bpf');
  mkdirSync(PIN_DIRECTORY, { recursive: true });
  ensureTracefs();
  return home;
}

/** Unless somebody else has come to use it; answers whether it did. */
export function removeNetnsDirectory(): boolean {
  try {
    rmdirSync(NETNS_DIRECTORY);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes((error as NodeJS.ErrnoException).code!)) return false;
    throw error;
  }
}

/** Keeps the mount namespace, and with it all that is mounted and pinned there; answers the path to enter it by. */
export function keepMounts(home: MountNs, state: State): string {
  using own = MountNs.current();
  const directory = `${STATE_DIRECTORY}/mounts`;
  const path = `${directory}/ns`;
  state.kept = directory;
  writeState(state);
  home.enter();
  try {
    mkdirSync(directory);
    // A mount namespace can be mounted only where nobody else would see the mount.
    mount('tmpfs', directory, 'tmpfs');
    mount('none', directory, 'none', MS_PRIVATE);
    closeSync(openSync(path, 'w'));
    own.bindTo(path);
  } finally {
    own.enter();
  }
  return path;
}
