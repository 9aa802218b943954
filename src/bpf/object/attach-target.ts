import { BPF_LSM_CGROUP, BPF_LSM_MAC, BPF_TRACE_ITER, BPF_TRACE_RAW_TP } from '../../uapi/bpf.js';
import type { BtfKind } from '../btf/types.js';

/** A type of the kernel that a program attaches to. */
export interface AttachTarget {
  readonly kind: BtfKind;
  readonly name: string;
  /** Where it is looked for: a module, or `vmlinux`; absent: everywhere. */
  readonly module?: string;
}

/** What the kernel puts before the names of some targets, by attach type. */
const PREFIXES = new Map<number | undefined, readonly [kind: BtfKind, prefix: string]>([
  [BPF_TRACE_RAW_TP, ['typedef', 'btf_trace_']],
  [BPF_LSM_MAC, ['func', 'bpf_lsm_']],
  [BPF_LSM_CGROUP, ['func', 'bpf_lsm_']],
  [BPF_TRACE_ITER, ['func', 'bpf_iter_']],
]);

/**
 * The type that a target stands for.
 *
 *   tp_btf/sched_switch         typedef btf_trace_sched_switch
 *   lsm/file_open               func bpf_lsm_file_open
 *   iter/task                   func bpf_iter_task
 *   fentry/tcp_connect          func tcp_connect
 *   fentry/nf_nat:nf_nat_init   func nf_nat_init of module nf_nat
 */
export function attachTargetType(target: string, expectedAttachType: number | undefined): AttachTarget {
  const [kind, prefix] = PREFIXES.get(expectedAttachType) ?? ['func', ''];
  const colon = target.indexOf(':');
  if (colon < 0) return { kind, name: prefix + target };
  return { kind, name: prefix + target.slice(colon + 1), module: target.slice(0, colon) };
}
