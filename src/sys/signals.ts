import { libc } from './libc.js';
import { keepReachable, Memory } from './memory.js';

/** include/uapi/asm-generic/signal-defs.h (v7.3). */
const SIG_SETMASK = 2;
/** sizeof(sigset_t) of glibc and musl. */
const SIZE = 128;

/**
 * Carries out a call during which this thread gets no signals; they wait. For system calls that give up at every signal
 * where somebody sends many: a CPU profiler, one each millisecond or more often.
 */
export function withSignalsBlocked<T>(call: () => T): T {
  const all = Memory.allocate(SIZE);
  const before = Memory.allocate(SIZE);
  all.bytes.fill(0xff);
  const set = (mask: number, old: number): number =>
    keepReachable([all, before], () => libc().pthread_sigmask(SIG_SETMASK, mask, old));
  set(all.address, before.address);
  try {
    return call();
  } finally {
    set(before.address, 0);
  }
}
