import { existsSync, mkdirSync, readlinkSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { SystemError } from '../sys/errno.js';
import { Fd } from '../sys/fd.js';
import { Memory } from '../sys/memory.js';
import { isBpffs } from '../sys/mount.js';
import { ENOENT } from '../uapi/errno.js';
import { EncodeError } from '../wire/error.js';
import { OBJ_GET, OBJ_PIN } from './attr.js';
import { BpfError } from './error.js';
import { attempt, bpf } from './syscall.js';

/** What a pinned object may be. */
export type PinKind = 'map' | 'program' | 'link';

/** As the kernel names the file behind a descriptor; a link that is opened once more otherwise than at first. */
const FILES: Readonly<Record<PinKind, readonly string[]>> = {
  map: ['anon_inode:bpf-map'],
  program: ['anon_inode:bpf-prog'],
  link: ['anon_inode:bpf_link', 'anon_inode:bpf-link'],
};

/**
 * Gives an object a name on a BPF file system, which keeps it alive until {@link unpin}. Directories that are missing are
 * made. Throws EncodeError if the path is not on a BPF file system, BpfError (EEXIST) if the name is taken.
 */
export function pin(fd: number, path: string, subject: string): void {
  makeDirectory(dirname(path));
  bpf(OBJ_PIN, { bpfFd: fd, pathname: Memory.fromText(path) }, `${subject} as ${path}`);
}

/** Takes the name away. Throws SystemError (ENOENT) if there is none. */
export function unpin(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    throw SystemError.from(error, path);
  }
}

/** Opens what is pinned at `path`. Throws BpfError (ENOENT) if nothing is, EncodeError if it is of another kind. */
export function openPinned(path: string, kind: PinKind, fileFlags = 0): Fd {
  const fd = tryOpenPinned(path, kind, fileFlags);
  if (fd === undefined) throw new BpfError(ENOENT, OBJ_GET.name, `${kind} ${path}`, notThere(path));
  return fd;
}

/** The same, undefined if nothing is pinned there. */
export function tryOpenPinned(path: string, kind: PinKind, fileFlags = 0): Fd | undefined {
  const { result } = attempt(OBJ_GET, { pathname: Memory.fromText(path), fileFlags });
  if (result === -ENOENT) return undefined;
  if (result < 0) throw new BpfError(result, OBJ_GET.name, `${kind} ${path}`, notThere(path));
  const fd = new Fd(result, `pinned BPF ${kind} ${path}`);
  const file = readlinkSync(`/proc/self/fd/${result}`);
  if (FILES[kind].includes(file)) return fd;
  fd.close();
  throw new EncodeError(`${path} is not a pinned ${kind}, but ${file.replace('anon_inode:', 'a ')}`);
}

function notThere(path: string): string | undefined {
  try {
    return isBpffs(dirname(path)) ? undefined : `${dirname(path)} is not on a BPF file system`;
  } catch {
    return undefined; // the directory is missing as well, which ENOENT says
  }
}

function makeDirectory(directory: string): void {
  if (!isBpffs(existing(directory))) {
    throw new EncodeError(`${directory} is not on a BPF file system; mount one, for example by ensureBpffs()`, 'path');
  }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw SystemError.from(error, directory);
  }
}

/** The nearest directory on the way up that exists. */
function existing(directory: string): string {
  for (let at = directory; ; at = dirname(at)) if (at === dirname(at) || existsSync(at)) return at;
}
