import { Memory } from '../sys/memory.js';
import { ENOSPC } from '../uapi/errno.js';

/** What a command that fills a log answered. */
interface Logged {
  readonly result: number;
  /** How long the whole log is, as told by kernels since 6.4; else 0. */
  readonly trueSize: number;
}

const FIRST = 1 << 16;
/** The kernel takes up to a quarter of 2^32 (kernel/bpf/log.c, v6.12); before 5.2 it was less. */
const LARGEST = 1 << 28;

/** Carries a command out with room for its log, again with more while there is too little. */
export function withLog(call: (buffer: Memory, size: number) => Logged): { result: number; log: string } {
  for (let size = FIRST; ; ) {
    const buffer = Memory.allocate(size);
    const { result, trueSize } = call(buffer, size);
    if (result !== -ENOSPC || size >= LARGEST) return { result, log: textOf(buffer) };
    size = Math.min(LARGEST, Math.max(2 * size, trueSize));
  }
}

function textOf({ bytes }: Memory): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, 0, end < 0 ? bytes.length : end).toString('utf8');
}
