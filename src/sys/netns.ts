import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { EINVAL } from '../uapi/errno.js';
import { MNT_DETACH, MS_BIND, MS_REC, MS_SHARED } from '../uapi/mount.js';
import { CLONE_NEWNET } from '../uapi/sched.js';
import { EncodeError } from '../wire/error.js';
import { check, SystemError } from './errno.js';
import { Fd } from './fd.js';
import { libc } from './libc.js';
import { mount, umount } from './mount.js';

/** Where named network namespaces are, as iproute2 has it. */
const DIRECTORY = '/run/netns';
/** Of the calling thread: setns(2) and unshare(2) change a thread, and /proc/self is the main one. */
const CURRENT = '/proc/thread-self/ns/net';

/** Where to find a network namespace: by name, by path (with a leading slash), or the one that a process is in. */
export type NetNsTarget = string | { readonly pid: number };

/**
 * A network namespace, held by a descriptor: it lives at least as long as this handle is open.
 *
 * Nothing enters it for good: a socket opened with `{ netns }` belongs to it for ever after, and is used from here.
 */
export class NetNs {
  readonly #fd: Fd;
  /** Its name under /run/netns; undefined if it was not made or opened by name. */
  readonly name: string | undefined;
  /** The inode number, equal for two handles of the same namespace; what `lsns` and `/proc/PID/ns/net` show. */
  readonly inode: number;

  private constructor(fd: number, name?: string) {
    this.#fd = new Fd(fd, name === undefined ? 'a network namespace' : `network namespace ${name}`);
    this.name = name;
    this.inode = fstatSync(fd).ino;
  }

  /** The namespace that the calling thread is in. */
  static current(): NetNs {
    return new NetNs(openFile(CURRENT));
  }

  /** Makes a namespace and names it, as `ip netns add` does. It lasts until {@link NetNs.delete}; needs CAP_SYS_ADMIN. */
  static create(name: string): NetNs {
    const path = pathOf(name);
    prepareDirectory();
    try {
      closeSync(openSync(path, constants.O_RDONLY | constants.O_CREAT | constants.O_EXCL, 0));
    } catch (error) {
      throw SystemError.from(error, `network namespace ${name}`);
    }
    try {
      return new NetNs(newNamespace(path), name);
    } catch (error) {
      unlinkSync(path);
      throw error;
    }
  }

  /** Makes a namespace without a name. It lasts as long as the handle, and what belongs to it, is open. */
  static anonymous(): NetNs {
    return new NetNs(newNamespace());
  }

  /** Opens a namespace. Throws SystemError (ENOENT), and EncodeError if the path is not a network namespace. */
  static open(target: NetNsTarget): NetNs {
    if (typeof target === 'string' && !target.startsWith('/')) return NetNs.#openPath(pathOf(target), target);
    return NetNs.#openPath(typeof target === 'string' ? target : `/proc/${target.pid}/ns/net`);
  }

  static #openPath(path: string, name?: string): NetNs {
    const fd = openFile(path);
    try {
      checkType(fd, path);
      return new NetNs(fd, name);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Removes a name. The namespace itself ends when nothing uses it any more: sockets, processes, handles. */
  static delete(name: string): void {
    const path = pathOf(name);
    try {
      umount(path, MNT_DETACH);
    } catch (error) {
      // A name whose mount is gone, or was never made, is still a name to be removed.
      if (!(error instanceof SystemError) || error.code !== 'EINVAL') throw error;
    }
    try {
      unlinkSync(path);
    } catch (error) {
      throw SystemError.from(error, `network namespace ${name}`);
    }
  }

  /** The names there are, sorted, as `ip netns list` shows them. */
  static list(): string[] {
    try {
      return readdirSync(DIRECTORY).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw SystemError.from(error);
    }
  }

  /** The descriptor; throws ClosedError once closed. */
  get fd(): number {
    return this.#fd.fd;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /**
   * Runs `call` with this thread inside the namespace, and comes back. For what opens something that stays bound to the
   * namespace it was opened in, or reads its /proc/sys; sockets have `{ netns }` for it.
   *
   * Strictly synchronous: a promise is refused, because whatever ran after its first await would run outside. Threads
   * that `call` starts stay inside.
   */
  run<T>(call: () => T): T {
    return inNetns(this.fd, call);
  }

  /** Removes the name, as {@link NetNs.delete}; the handle stays open. */
  delete(): void {
    if (this.name === undefined)
      throw new EncodeError('a network namespace without a name cannot be deleted, only closed');
    NetNs.delete(this.name);
  }

  /** Closes the handle; a named namespace stays. May be called again, without effect. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether a descriptor is of the namespace that the calling thread is in. */
export function isCurrentNetns(fd: number): boolean {
  return fstatSync(fd).ino === statSync(CURRENT).ino;
}

/** {@link NetNs.run}, by descriptor. */
export function inNetns<T>(fd: number, call: () => T): T {
  return fromHere(() => {
    check(libc().setns(fd, CLONE_NEWNET), 'setns', 'network namespace');
    return call;
  });
}

/**
 * Makes a namespace and answers a descriptor of it; mounts it on `path` while inside. The mount is bound by the inside,
 * because a namespace has no other path than /proc/thread-self of a thread that is in it.
 */
function newNamespace(path?: string): number {
  return fromHere(() => {
    check(libc().unshare(CLONE_NEWNET), 'unshare', 'network namespace');
    return () => {
      if (path !== undefined) mount(CURRENT, path, 'none', MS_BIND);
      return openFile(CURRENT);
    };
  });
}

/** Calls `leave`, which takes the thread elsewhere, then what that answers, and brings the thread back. */
function fromHere<T>(leave: () => () => T): T {
  startThreadPool();
  const home = openFile(CURRENT);
  try {
    const inside = leave();
    try {
      return refusePromise(inside());
    } finally {
      comeBack(home);
    }
  } finally {
    closeSync(home);
  }
}

/** Going on in the wrong namespace would configure somebody else's network: there is no error to catch here. */
function comeBack(home: number): void {
  const result = libc().setns(home, CLONE_NEWNET);
  if (result === 0) return;
  const { message } = new SystemError(result, 'setns', 'the way back');
  writeSync(2, `nlbpf: cannot leave a network namespace, the process is aborted: ${message}\n`);
  process.abort();
}

function refusePromise<T>(value: T): T {
  if (value !== null && typeof value === 'object' && 'then' in value && typeof value.then === 'function') {
    throw new EncodeError('a function run in a network namespace must be synchronous, this one answered a promise');
  }
  return value;
}

let started = false;

/**
 * Threads start in the namespace of the thread that makes them. libuv makes all of its pool at the first use, before
 * queueing returns (uv_once in src/threadpool.c, v1.46): here, at home.
 */
function startThreadPool(): void {
  if (started) return;
  started = true;
  void libc().getpid.async();
}

const LOCK_EX = 2;

/**
 * The directory, as a mount point that is shared: so that names made in one mount namespace appear in those made from
 * it, and deleting one does not leave it busy there. iproute2 does the same (ip/ipnetns.c, v6.1).
 */
function prepareDirectory(): void {
  mkdirSync(DIRECTORY, { recursive: true, mode: 0o755 });
  const directory = openFile(DIRECTORY);
  try {
    check(libc().flock(directory, LOCK_EX), 'flock', DIRECTORY);
    if (isShared()) return;
    mount(DIRECTORY, DIRECTORY, 'none', MS_BIND | MS_REC);
    try {
      mount('none', DIRECTORY, 'none', MS_SHARED | MS_REC);
    } catch (error) {
      umount(DIRECTORY, MNT_DETACH);
      throw error;
    }
  } finally {
    closeSync(directory);
  }
}

/** Changing the propagation of what is not a mount point answers EINVAL. */
function isShared(): boolean {
  const result = libc().mount('none', DIRECTORY, 'none', MS_SHARED | MS_REC, null);
  if (result === -EINVAL) return false;
  check(result, 'mount', `none on ${DIRECTORY} (shared)`);
  return true;
}

function openFile(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (error) {
    throw SystemError.from(error, path);
  }
}

/** _IO(0xb7, 3) of include/uapi/linux/nsfs.h, Linux 4.11; PowerPC numbers the direction "none" differently. */
const NS_GET_NSTYPE = process.arch === 'ppc64' ? 0x2000b703 : 0xb703;

function checkType(fd: number, path: string): void {
  if (libc().ioctl(fd, NS_GET_NSTYPE, 0) !== CLONE_NEWNET) throw new EncodeError(`${path} is not a network namespace`);
}

function pathOf(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || Buffer.byteLength(name) > 255) {
    throw new EncodeError(`not a name for a network namespace: ${JSON.stringify(name)}`, 'name');
  }
  return `${DIRECTORY}/${name}`;
}
