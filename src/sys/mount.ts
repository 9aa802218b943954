import { statfsSync } from 'node:fs';
import { BPF_FS_MAGIC, TRACEFS_MAGIC } from '../uapi/magic.js';
import { MS_PRIVATE, MS_REC } from '../uapi/mount.js';
import { CLONE_NEWNS } from '../uapi/sched.js';
import { EncodeError } from '../wire/error.js';
import { check, SystemError } from './errno.js';
import { libc } from './libc.js';

/** mount(2). `type` is `'none'` where the flags say everything. Throws SystemError; needs CAP_SYS_ADMIN. */
export function mount(source: string, target: string, type: string, flags = 0, data: string | null = null): void {
  const subject = `${type === 'none' ? source : type} on ${target}`;
  for (const text of [source, target, type, data ?? '']) refuseNul(text);
  check(libc().mount(source, target, type, flags, data), 'mount', subject);
}

/** umount2(2): flags are MNT_DETACH, MNT_FORCE, UMOUNT_NOFOLLOW. Throws SystemError; needs CAP_SYS_ADMIN. */
export function umount(target: string, flags = 0): void {
  refuseNul(target);
  check(libc().umount2(target, flags), 'umount', target);
}

/**
 * Puts the calling thread into a mount namespace of its own, whose mounts nobody outside sees. There is no way back.
 * Threads that exist already, such as those that serve `fs.promises`, stay where they are.
 */
export function unshareMounts(): void {
  check(libc().unshare(CLONE_NEWNS), 'unshare', 'mount namespace');
  mount('none', '/', 'none', MS_REC | MS_PRIVATE);
}

/** Mounts a BPF file system on `path` unless there is one; answers whether it did, and so has to unmount it. */
export function ensureBpffs(path = '/sys/fs/bpf'): boolean {
  return ensure('bpf', path, BPF_FS_MAGIC, 'mode=0700');
}

/** Mounts tracefs on `path` unless there is one; answers whether it did, and so has to unmount it. */
export function ensureTracefs(path = '/sys/kernel/tracing'): boolean {
  return ensure('tracefs', path, TRACEFS_MAGIC, null);
}

/** Whether `path` lies on a BPF file system. Throws SystemError if there is no such path. */
export function isBpffs(path: string): boolean {
  return fileSystem(path) === BPF_FS_MAGIC;
}

/** The magic number of the file system that `path` lies on, as in uapi/magic.ts. */
export function fileSystem(path: string): number {
  try {
    // Signed on 32-bit machines.
    return statfsSync(path).type >>> 0;
  } catch (error) {
    throw SystemError.from(error, path);
  }
}

function ensure(type: string, path: string, magic: number, data: string | null): boolean {
  if (fileSystem(path) === magic) return false;
  mount(type, path, type, 0, data);
  return true;
}

function refuseNul(text: string): void {
  if (text.includes('\0')) throw new EncodeError(`a path cannot hold a NUL: ${JSON.stringify(text)}`);
}
