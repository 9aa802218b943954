import { Memory } from '../../sys/memory.js';
import { BPF_PROG_TYPE_SYSCALL } from '../../uapi/bpf.js';
import { PROG_TEST_RUN } from '../attr.js';
import { bpf } from '../syscall.js';

/** What a program is run on. */
export interface TestRunOptions {
  /** The packet. */
  readonly data?: Uint8Array | undefined;
  /** Room for the packet afterwards, in bytes; default 256 more than `data` has. */
  readonly dataRoom?: number | undefined;
  /** The context: `struct __sk_buff`, `struct xdp_md`, as bytes; what may be set in it depends on the type. */
  readonly context?: Uint8Array | undefined;
  /** How often to run; default once. */
  readonly repeat?: number | undefined;
  /** BPF_F_TEST_*. */
  readonly flags?: number | undefined;
}

export interface TestRunResult {
  /** What the program answered: TC_ACT_OK, XDP_DROP. */
  readonly retval: number;
  /** The packet afterwards. */
  readonly data: Uint8Array;
  /** The context afterwards. */
  readonly context: Uint8Array;
  /** Nanoseconds per run, on average. */
  readonly duration: number;
}

const GROWTH = 256;

/**
 * BPF_PROG_TEST_RUN: runs a program on data given here, without any traffic. Throws BpfError (ENOSPC if the packet does
 * not fit in `dataRoom` afterwards; ENOTSUPP for types that cannot be run).
 */
export function testRun(fd: number, type: number, subject: string, options: TestRunOptions): TestRunResult {
  const { data, context, repeat, flags } = options;
  const room = options.dataRoom ?? (data === undefined ? 0 : data.length + GROWTH);
  const dataOut = Memory.allocate(room);
  const ctxIn = Memory.from(context ?? new Uint8Array());
  // A syscall program writes into the context that it was given (bpf_prog_test_run_syscall, net/bpf/test_run.c, v6.12).
  const isInPlace = type === BPF_PROG_TYPE_SYSCALL;
  const ctxOut = isInPlace ? ctxIn : Memory.allocate(ctxIn.bytes.length);
  const args = {
    ...{ progFd: fd, repeat, flags },
    ...(data === undefined ? {} : { dataIn: Memory.from(data), dataSizeIn: data.length, dataOut, dataSizeOut: room }),
    ...(context === undefined
      ? {}
      : { ctxIn, ctxSizeIn: context.length, ...(isInPlace ? {} : { ctxOut, ctxSizeOut: context.length }) }),
  };
  const { attr } = bpf(PROG_TEST_RUN, args, subject);
  return {
    retval: attr.retval,
    data: dataOut.bytes.slice(0, data === undefined ? 0 : attr.dataSizeOut),
    context: ctxOut.bytes.slice(0, context === undefined ? 0 : isInPlace ? context.length : attr.ctxSizeOut),
    duration: attr.duration,
  };
}
