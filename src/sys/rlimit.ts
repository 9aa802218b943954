import { check } from './errno.js';
import { libc } from './libc.js';
import { keepReachable, Memory } from './memory.js';

/** RLIMIT_MEMLOCK: include/uapi/asm-generic/resource.h (v7.3). */
const RLIMIT_MEMLOCK = 8;
/** sizeof(struct rlimit) at most: two 64-bit numbers. */
const SIZE = 16;

/**
 * Raises how much memory this process may lock to infinity. Answers a function that puts the old limit back, or
 * undefined if it was infinite already. Throws SystemError (EPERM) without CAP_SYS_RESOURCE.
 */
export function raiseMemlock(): (() => void) | undefined {
  const before = Memory.allocate(SIZE);
  check(
    keepReachable(before, () => libc().getrlimit(RLIMIT_MEMLOCK, before.address)),
    'getrlimit',
  );
  const infinite = Memory.allocate(SIZE);
  // RLIM_INFINITY has all bits set, whatever the size of its type.
  infinite.bytes.fill(0xff);
  if (before.bytes.every((byte) => byte === 0xff)) return undefined;
  set(infinite);
  return () => set(before);
}

function set(limit: Memory): void {
  const result = keepReachable(limit, () => libc().setrlimit(RLIMIT_MEMLOCK, limit.address));
  check(result, 'setrlimit', 'RLIMIT_MEMLOCK');
}
