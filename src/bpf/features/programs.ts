import { closeSync } from 'node:fs';
import { Memory } from '../../sys/memory.js';
import {
  BPF_CGROUP_GETSOCKOPT,
  BPF_CGROUP_INET4_CONNECT,
  BPF_LSM_MAC,
  BPF_NETFILTER,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_NETFILTER,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_TRACING,
  BPF_SK_LOOKUP,
  BPF_TRACE_FENTRY,
} from '../../uapi/bpf.js';
import { EINVAL, EPERM } from '../../uapi/errno.js';
import { PROG_LOAD } from '../attr.js';
import { BpfError, UnsupportedError, unlessForbidden } from '../error.js';
import { withLog } from '../log.js';
import { programTypeName } from '../program/types.js';
import { attempt } from '../syscall.js';

/** `r0 = 0; exit`, little endian. */
const INSTRUCTIONS = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

interface Needs {
  readonly expectedAttachType?: number;
  readonly attachBtfId?: number;
}

/** What the kernel wants to know before it looks at a program of some types. */
const NEEDS = new Map<number, Needs>([
  [BPF_PROG_TYPE_CGROUP_SOCK_ADDR, { expectedAttachType: BPF_CGROUP_INET4_CONNECT }],
  [BPF_PROG_TYPE_CGROUP_SOCKOPT, { expectedAttachType: BPF_CGROUP_GETSOCKOPT }],
  [BPF_PROG_TYPE_SK_LOOKUP, { expectedAttachType: BPF_SK_LOOKUP }],
  [BPF_PROG_TYPE_NETFILTER, { expectedAttachType: BPF_NETFILTER }],
  [BPF_PROG_TYPE_TRACING, { expectedAttachType: BPF_TRACE_FENTRY, attachBtfId: 1 }],
  [BPF_PROG_TYPE_LSM, { expectedAttachType: BPF_LSM_MAC, attachBtfId: 1 }],
  [BPF_PROG_TYPE_STRUCT_OPS, { attachBtfId: 1 }],
  [BPF_PROG_TYPE_EXT, { attachBtfId: 1 }],
]);

const known = new Map<number, boolean>();

/**
 * Whether the kernel has programs of this type: it takes the smallest one, or refuses it with something to say; of a type
 * that it lacks it says nothing but EINVAL. Throws BpfError (EPERM) if it does not say.
 */
export function hasProgramType(type: number): boolean {
  const has = known.get(type) ?? probe(type);
  known.set(type, has);
  return has;
}

/** Throws UnsupportedError if the kernel has no programs of this type; nothing if it has, or does not say. */
export function requireProgramType(type: number): void {
  if (unlessForbidden(() => hasProgramType(type)) === false) {
    throw new UnsupportedError(`programs of type ${programTypeName(type)}`);
  }
}

function probe(progType: number): boolean {
  const insns = Memory.from(INSTRUCTIONS);
  const { result, log } = withLog((logBuf, logSize) => {
    const code = { progType, insns, insnCnt: 2, license: Memory.fromText('GPL') };
    const { result, attr } = attempt(PROG_LOAD, { ...code, ...NEEDS.get(progType), logLevel: 1, logSize, logBuf });
    return { result, trueSize: attr.logTrueSize };
  });
  if (result === -EPERM && log === '') throw new BpfError(result, PROG_LOAD.name, programTypeName(progType));
  if (result >= 0) closeSync(result);
  return result >= 0 || result !== -EINVAL || log !== '';
}
