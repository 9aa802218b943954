import { readFileSync } from 'node:fs';
import { keepReachable, Memory } from '../../sys/memory.js';
import { LITTLE_ENDIAN } from '../../wire/integers.js';
import { bpfProgInfo, memlockOf, objectInfo } from '../info.js';
import { programTypeName } from './types.js';

/** What the kernel says about a program. */
export interface ProgramInfo {
  /** The kernel's number, for `bpftool prog show id N`. */
  readonly id: number;
  readonly name: string;
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  /** `sched_cls`, as bpftool has it. */
  readonly typeName: string;
  /** A hash of the instructions, in hexadecimal: equal code has an equal tag. */
  readonly tag: string;
  /** Nanoseconds of CLOCK_BOOTTIME. */
  readonly loadTime: bigint;
  /** The same as a date; as exact as the clock of the system. */
  readonly loadedAt: Date;
  /** The user who loaded it. */
  readonly uid: number;
  readonly gplCompatible: boolean;
  /** The maps that it uses, by the kernel's numbers. */
  readonly mapIds: readonly number[];
  /** Bytes of code after the verifier's rewriting. */
  readonly xlatedSize: number;
  /** Bytes of machine code; 0 if it is interpreted, or for callers who may not know. */
  readonly jitedSize: number;
  /** The BTF object of its types, or 0. */
  readonly btfId: number;
  /** The device that it is bound to, or 0. */
  readonly ifindex: number;
  /** Instructions that the verifier went through; since 5.16. */
  readonly verifiedInstructions: number;
  /** Nanoseconds that it ran for, counted while statistics are on (sysctl kernel.bpf_stats_enabled); since 5.1. */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Bytes of memory that it takes. */
  readonly memlock: number;
}

/** Asks the kernel about the program behind `fd`. Throws BpfError (EBADF, EINVAL) if it is none. */
export function programInfo(fd: number, subject: string): ProgramInfo {
  const info = objectInfo(fd, bpfProgInfo, subject);
  return {
    id: info.id,
    name: info.name,
    type: info.type,
    typeName: programTypeName(info.type),
    tag: Buffer.from(info.tag).toString('hex'),
    loadTime: info.loadTime,
    loadedAt: new Date(bootTime() + Number(info.loadTime / 1_000_000n)),
    uid: info.createdByUid,
    gplCompatible: (info.bits & 1) === 1,
    mapIds: mapIds(fd, info.nrMapIds, subject),
    xlatedSize: info.xlatedProgLen,
    jitedSize: info.jitedProgLen,
    btfId: info.btfId,
    ifindex: info.ifindex,
    verifiedInstructions: info.verifiedInsns,
    runTimeNs: info.runTimeNs,
    runCount: info.runCnt,
    memlock: memlockOf(fd),
  };
}

/** The second question, once it is known how many there are. */
function mapIds(fd: number, count: number, subject: string): number[] {
  if (count === 0) return [];
  const ids = Memory.allocate(4 * count);
  const given = { nrMapIds: count, mapIds: ids.address };
  const { nrMapIds } = keepReachable(ids, () => objectInfo(fd, bpfProgInfo, subject, given));
  return Array.from({ length: Math.min(count, nrMapIds) }, (_, i) => ids.view.getUint32(4 * i, LITTLE_ENDIAN));
}

/** When the system was started, in milliseconds since 1970. */
function bootTime(): number {
  return Date.now() - 1000 * Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
}
