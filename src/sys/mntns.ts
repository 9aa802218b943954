import { fstatSync, openSync } from 'node:fs';
import { MS_BIND } from '../uapi/mount.js';
import { CLONE_FS, CLONE_NEWNS } from '../uapi/sched.js';
import { check, SystemError } from './errno.js';
import { Fd } from './fd.js';
import { libc } from './libc.js';
import { mount } from './mount.js';

/** Of the calling thread; see netns.ts. */
const CURRENT = '/proc/thread-self/ns/mnt';

/** A mount namespace, held by a descriptor. To make one, see `unshareMounts`. */
export class MountNs {
  readonly #fd: Fd;
  /** The inode number, equal for two handles of the same namespace. */
  readonly inode: number;

  private constructor(fd: number) {
    this.#fd = new Fd(fd, 'a mount namespace');
    this.inode = fstatSync(fd).ino;
  }

  /** The namespace that the calling thread is in. */
  static current(): MountNs {
    return MountNs.open(CURRENT);
  }

  /** Opens what {@link bindTo} left, or `/proc/PID/ns/mnt`. Throws SystemError. */
  static open(path: string): MountNs {
    try {
      return new MountNs(openSync(path, 'r'));
    } catch (error) {
      throw SystemError.from(error, path);
    }
  }

  /**
   * Takes the calling thread into the namespace, to its root directory. Other threads, such as those that serve
   * `fs.promises`, stay where they are. Throws SystemError; needs CAP_SYS_ADMIN.
   */
  enter(): void {
    // Threads share root and working directory with the one that started them; setns refuses that with EINVAL
    // (mntns_install() in fs/namespace.c, v6.12).
    check(libc().unshare(CLONE_FS), 'unshare', 'root and working directory');
    check(libc().setns(this.#fd.fd, CLONE_NEWNS), 'setns', 'mount namespace');
  }

  /**
   * Keeps the namespace alive by a mount on `path`, a file that exists, as `unshare --mount=FILE` does. The current
   * namespace must be older than it, and the mount that `path` lies on private (kernel: mnt_ns_loop() in
   * fs/namespace.c, v6.12). It ends with `umount`.
   */
  bindTo(path: string): void {
    mount(`/proc/self/fd/${this.#fd.fd}`, path, 'none', MS_BIND);
  }

  /** May be called twice. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
