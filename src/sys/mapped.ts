import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { SystemError } from './errno.js';
import { koffi, libc } from './libc.js';

/** include/uapi/asm-generic/mman-common.h (v7.3). */
const PROT_READ = 1;
const MAP_PRIVATE = 2;

/**
 * The content of a file that does not change: mapped, and for as long as the process lives, where the file system can do
 * that; read where it cannot. /sys/kernel/btf/vmlinux can since 6.16.
 *
 * Throws SystemError when the file cannot be opened or read.
 */
export function mapFile(path: string): Uint8Array {
  try {
    return tryMap(path) ?? readFileSync(path);
  } catch (error) {
    throw SystemError.from(error, path);
  }
}

function tryMap(path: string): Uint8Array | undefined {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    const { size } = fstatSync(fd);
    if (size === 0) return undefined;
    const address = libc().mmap(0, size, PROT_READ, MAP_PRIVATE, fd, 0);
    return address < 0 ? undefined : new Uint8Array(koffi().view(address, size));
  } finally {
    closeSync(fd);
  }
}
