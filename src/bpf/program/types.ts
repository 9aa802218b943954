import {
  BPF_PROG_TYPE_CGROUP_DEVICE,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCK,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_CGROUP_SYSCTL,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_LIRC_MODE2,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_LWT_SEG6LOCAL,
  BPF_PROG_TYPE_LWT_XMIT,
  BPF_PROG_TYPE_NETFILTER,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_SK_MSG,
  BPF_PROG_TYPE_SK_REUSEPORT,
  BPF_PROG_TYPE_SK_SKB,
  BPF_PROG_TYPE_SOCK_OPS,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_XDP,
} from '../../uapi/bpf.js';

/** Types of programs: the kernel's names without prefix, in lower case, as bpftool has them. */
export const PROGRAM_TYPES = {
  socket_filter: BPF_PROG_TYPE_SOCKET_FILTER,
  kprobe: BPF_PROG_TYPE_KPROBE,
  sched_cls: BPF_PROG_TYPE_SCHED_CLS,
  sched_act: BPF_PROG_TYPE_SCHED_ACT,
  tracepoint: BPF_PROG_TYPE_TRACEPOINT,
  xdp: BPF_PROG_TYPE_XDP,
  perf_event: BPF_PROG_TYPE_PERF_EVENT,
  cgroup_skb: BPF_PROG_TYPE_CGROUP_SKB,
  cgroup_sock: BPF_PROG_TYPE_CGROUP_SOCK,
  lwt_in: BPF_PROG_TYPE_LWT_IN,
  lwt_out: BPF_PROG_TYPE_LWT_OUT,
  lwt_xmit: BPF_PROG_TYPE_LWT_XMIT,
  sock_ops: BPF_PROG_TYPE_SOCK_OPS,
  sk_skb: BPF_PROG_TYPE_SK_SKB,
  cgroup_device: BPF_PROG_TYPE_CGROUP_DEVICE,
  sk_msg: BPF_PROG_TYPE_SK_MSG,
  raw_tracepoint: BPF_PROG_TYPE_RAW_TRACEPOINT,
  cgroup_sock_addr: BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  lwt_seg6local: BPF_PROG_TYPE_LWT_SEG6LOCAL,
  lirc_mode2: BPF_PROG_TYPE_LIRC_MODE2,
  sk_reuseport: BPF_PROG_TYPE_SK_REUSEPORT,
  flow_dissector: BPF_PROG_TYPE_FLOW_DISSECTOR,
  cgroup_sysctl: BPF_PROG_TYPE_CGROUP_SYSCTL,
  raw_tracepoint_writable: BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  cgroup_sockopt: BPF_PROG_TYPE_CGROUP_SOCKOPT,
  tracing: BPF_PROG_TYPE_TRACING,
  struct_ops: BPF_PROG_TYPE_STRUCT_OPS,
  ext: BPF_PROG_TYPE_EXT,
  lsm: BPF_PROG_TYPE_LSM,
  sk_lookup: BPF_PROG_TYPE_SK_LOOKUP,
  syscall: BPF_PROG_TYPE_SYSCALL,
  netfilter: BPF_PROG_TYPE_NETFILTER,
} as const;

export type ProgramTypeName = keyof typeof PROGRAM_TYPES;

const names = new Map<number, string>(Object.entries(PROGRAM_TYPES).map(([name, number]) => [number, name]));

/** `sched_cls` for 3; the number as text for a type that a newer kernel brought. */
export function programTypeName(type: number): string {
  return names.get(type) ?? String(type);
}
