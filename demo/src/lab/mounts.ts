import { closeSync, existsSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import { ensureTracefs, MountNs, mount, SystemError, umount, unshareMounts } from 'nlbpf';
import { MNT_DETACH, MS_PRIVATE } from 'nlbpf/uapi/mount';
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
  const home = undo.use('the handle of the mount namespace', MountNs.current());
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
export function keepMounts(home: MountNs, state: State, undo: Undo): string {
  const directory = `${STATE_DIRECTORY}/mounts`;
  const path = `${directory}/ns`;
  state.kept = directory;
  writeState(state);
  within(home, () => {
    mkdirSync(directory);
    // A mount namespace can be mounted only where nobody else would see the mount.
    mount('tmpfs', directory, 'tmpfs');
    undo.defer(directory, () => within(home, () => umount(directory, MNT_DETACH)));
    mount('none', directory, 'none', MS_PRIVATE);
    closeSync(openSync(path, 'w'));
  });
  for (let copies = 0; !tryBind(home, path); copies++) {
    if (copies === NAMESPACE_BATCH) throw new Error(`the mount namespace cannot be kept at ${path}`);
    unshareMounts();
  }
  return path;
}

/** How many numbers of namespaces a CPU takes at a time (COOKIE_LOCAL_BATCH in include/linux/cookie.h, v6.18). */
const NAMESPACE_BATCH = 4096;

/**
 * A mount namespace can be mounted in an older one only, as their numbers tell (mnt_ns_loop() in fs/namespace.c). Since
 * Linux 6.18 each CPU has numbers of its own to give (kernel/nstree.c), and the younger may have the lower one: false.
 * Then a copy of it may have a higher one, at the latest when the CPU has used its numbers up.
 */
function tryBind(home: MountNs, path: string): boolean {
  using own = MountNs.current();
  return within(home, () => {
    try {
      own.bindTo(path);
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.code === 'EINVAL') return false;
      throw error;
    }
  });
}

/** Carries something out in the mount namespace `there`. */
function within<T>(there: MountNs, call: () => T): T {
  using here = MountNs.current();
  there.enter();
  try {
    return call();
  } finally {
    here.enter();
  }
}
