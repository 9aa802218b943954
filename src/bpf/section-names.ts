import {
  BPF_CGROUP_DEVICE,
  BPF_CGROUP_GETSOCKOPT,
  BPF_CGROUP_INET_EGRESS,
  BPF_CGROUP_INET_INGRESS,
  BPF_CGROUP_INET_SOCK_CREATE,
  BPF_CGROUP_INET_SOCK_RELEASE,
  BPF_CGROUP_INET4_BIND,
  BPF_CGROUP_INET4_CONNECT,
  BPF_CGROUP_INET4_GETPEERNAME,
  BPF_CGROUP_INET4_GETSOCKNAME,
  BPF_CGROUP_INET4_POST_BIND,
  BPF_CGROUP_INET6_BIND,
  BPF_CGROUP_INET6_CONNECT,
  BPF_CGROUP_INET6_GETPEERNAME,
  BPF_CGROUP_INET6_GETSOCKNAME,
  BPF_CGROUP_INET6_POST_BIND,
  BPF_CGROUP_SETSOCKOPT,
  BPF_CGROUP_SOCK_OPS,
  BPF_CGROUP_SYSCTL,
  BPF_CGROUP_UDP4_RECVMSG,
  BPF_CGROUP_UDP4_SENDMSG,
  BPF_CGROUP_UDP6_RECVMSG,
  BPF_CGROUP_UDP6_SENDMSG,
  BPF_CGROUP_UNIX_CONNECT,
  BPF_CGROUP_UNIX_GETPEERNAME,
  BPF_CGROUP_UNIX_GETSOCKNAME,
  BPF_CGROUP_UNIX_RECVMSG,
  BPF_CGROUP_UNIX_SENDMSG,
  BPF_F_SLEEPABLE,
  BPF_F_XDP_HAS_FRAGS,
  BPF_FLOW_DISSECTOR,
  BPF_LIRC_MODE2,
  BPF_LSM_CGROUP,
  BPF_LSM_MAC,
  BPF_MODIFY_RETURN,
  BPF_NETFILTER,
  BPF_NETKIT_PEER,
  BPF_NETKIT_PRIMARY,
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
  BPF_SK_LOOKUP,
  BPF_SK_MSG_VERDICT,
  BPF_SK_REUSEPORT_SELECT,
  BPF_SK_REUSEPORT_SELECT_OR_MIGRATE,
  BPF_SK_SKB_STREAM_PARSER,
  BPF_SK_SKB_STREAM_VERDICT,
  BPF_SK_SKB_VERDICT,
  BPF_TCX_EGRESS,
  BPF_TCX_INGRESS,
  BPF_TRACE_FENTRY,
  BPF_TRACE_FENTRY_MULTI,
  BPF_TRACE_FEXIT,
  BPF_TRACE_FEXIT_MULTI,
  BPF_TRACE_FSESSION,
  BPF_TRACE_FSESSION_MULTI,
  BPF_TRACE_ITER,
  BPF_TRACE_KPROBE_MULTI,
  BPF_TRACE_KPROBE_SESSION,
  BPF_TRACE_RAW_TP,
  BPF_TRACE_UPROBE_MULTI,
  BPF_TRACE_UPROBE_SESSION,
  BPF_XDP,
  BPF_XDP_CPUMAP,
  BPF_XDP_DEVMAP,
} from '../uapi/bpf.js';

/** What the name of a program's section says of the program. */
export interface SectionRule {
  /** BPF_PROG_TYPE_*. */
  readonly type?: number;
  /** BPF_* of enum bpf_attach_type. */
  readonly expectedAttachType?: number;
  /** Kernels that do not know expected attach types (before 4.17) take the program without. */
  readonly attachTypeOptional?: boolean;
  /** BPF_F_* of program load. */
  readonly flags?: number;
  /** What follows the slash: `tcp_connect` in `fentry/tcp_connect`. */
  readonly attachTarget?: string;
  /** The target is a type in the kernel's BTF, or in that of another program, and is needed to load. */
  readonly attachesByBtf?: boolean;
  /** For BPF_TRACE_UPROBE_MULTI, where the kernel has that. */
  readonly attachesByUprobes?: boolean;
}

/**
 * The rule for a section, as libbpf 1.x has it; empty for a name that says nothing.
 *
 * `prefix+` stands for `prefix` and `prefix/anything`; without the plus the name has to be exactly so.
 * Source: Documentation/bpf/libbpf/program_types.rst (v6.12), and the attach types that came later.
 */
export function sectionRule(section: string): SectionRule {
  const exact = RULES.get(section);
  if (exact !== undefined) return exact;
  const slash = section.indexOf('/');
  const rule = RULES.get(`${slash < 0 ? section : section.slice(0, slash)}+`);
  if (rule === undefined) return {};
  const attachTarget = slash < 0 ? '' : section.slice(slash + 1);
  return attachTarget === '' ? rule : { ...rule, attachTarget };
}

type Trait =
  /** BPF_F_SLEEPABLE. */
  | 'sleepable'
  /** BPF_F_XDP_HAS_FRAGS. */
  | 'frags'
  /** {@link SectionRule.attachesByBtf}. */
  | 'btf'
  /** {@link SectionRule.attachTypeOptional}. */
  | 'optional'
  /** {@link SectionRule.attachesByUprobes}. */
  | 'uprobes';

type Row = readonly [name: string, type: number, expectedAttachType?: number | undefined, ...traits: Trait[]];

const ROWS: readonly Row[] = [
  ['socket', BPF_PROG_TYPE_SOCKET_FILTER],
  ['sk_reuseport', BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT],
  ['sk_reuseport/migrate', BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE],
  ['kprobe+', BPF_PROG_TYPE_KPROBE],
  ['kretprobe+', BPF_PROG_TYPE_KPROBE],
  ['kprobe.multi+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI],
  ['kretprobe.multi+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI],
  ['kprobe.session+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_SESSION],
  ['ksyscall+', BPF_PROG_TYPE_KPROBE],
  ['kretsyscall+', BPF_PROG_TYPE_KPROBE],
  ['uprobe+', BPF_PROG_TYPE_KPROBE],
  ['uprobe.s+', BPF_PROG_TYPE_KPROBE, undefined, 'sleepable'],
  ['uretprobe+', BPF_PROG_TYPE_KPROBE],
  ['uretprobe.s+', BPF_PROG_TYPE_KPROBE, undefined, 'sleepable'],
  ['uprobe.multi+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI],
  ['uprobe.multi.s+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI, 'sleepable'],
  ['uretprobe.multi+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI],
  ['uretprobe.multi.s+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI, 'sleepable'],
  ['uprobe.session+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_SESSION],
  ['uprobe.session.s+', BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_SESSION, 'sleepable'],
  ['usdt+', BPF_PROG_TYPE_KPROBE, undefined, 'uprobes'],
  ['usdt.s+', BPF_PROG_TYPE_KPROBE, undefined, 'sleepable', 'uprobes'],
  ['tc', BPF_PROG_TYPE_SCHED_CLS],
  ['tc/ingress', BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS],
  ['tc/egress', BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_EGRESS],
  ['tcx/ingress', BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS],
  ['tcx/egress', BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_EGRESS],
  ['netkit/primary', BPF_PROG_TYPE_SCHED_CLS, BPF_NETKIT_PRIMARY],
  ['netkit/peer', BPF_PROG_TYPE_SCHED_CLS, BPF_NETKIT_PEER],
  ['classifier', BPF_PROG_TYPE_SCHED_CLS],
  ['action', BPF_PROG_TYPE_SCHED_ACT],
  ['tracepoint+', BPF_PROG_TYPE_TRACEPOINT],
  ['tracepoint.s+', BPF_PROG_TYPE_TRACEPOINT, undefined, 'sleepable'],
  ['tp+', BPF_PROG_TYPE_TRACEPOINT],
  ['tp.s+', BPF_PROG_TYPE_TRACEPOINT, undefined, 'sleepable'],
  ['raw_tracepoint+', BPF_PROG_TYPE_RAW_TRACEPOINT],
  ['raw_tracepoint.s+', BPF_PROG_TYPE_RAW_TRACEPOINT, undefined, 'sleepable'],
  ['raw_tp+', BPF_PROG_TYPE_RAW_TRACEPOINT],
  ['raw_tp.s+', BPF_PROG_TYPE_RAW_TRACEPOINT, undefined, 'sleepable'],
  ['raw_tracepoint.w+', BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE],
  ['raw_tp.w+', BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE],
  ['tp_btf+', BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 'btf'],
  ['tp_btf.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 'btf', 'sleepable'],
  ['fentry+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 'btf'],
  ['fentry.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 'btf', 'sleepable'],
  ['fexit+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 'btf'],
  ['fexit.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 'btf', 'sleepable'],
  ['fmod_ret+', BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, 'btf'],
  ['fmod_ret.s+', BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, 'btf', 'sleepable'],
  ['fsession+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FSESSION, 'btf'],
  ['fsession.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FSESSION, 'btf', 'sleepable'],
  ['fentry.multi+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY_MULTI],
  ['fentry.multi.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY_MULTI, 'sleepable'],
  ['fexit.multi+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT_MULTI],
  ['fexit.multi.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT_MULTI, 'sleepable'],
  ['fsession.multi+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FSESSION_MULTI],
  ['fsession.multi.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_FSESSION_MULTI, 'sleepable'],
  ['freplace+', BPF_PROG_TYPE_EXT, undefined, 'btf'],
  ['lsm+', BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 'btf'],
  ['lsm.s+', BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 'btf', 'sleepable'],
  ['lsm_cgroup+', BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, 'btf'],
  ['iter+', BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 'btf'],
  ['iter.s+', BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 'btf', 'sleepable'],
  ['struct_ops+', BPF_PROG_TYPE_STRUCT_OPS],
  ['struct_ops.s+', BPF_PROG_TYPE_STRUCT_OPS, undefined, 'sleepable'],
  ['syscall', BPF_PROG_TYPE_SYSCALL, undefined, 'sleepable'],
  ['xdp', BPF_PROG_TYPE_XDP, BPF_XDP, 'optional'],
  ['xdp.frags', BPF_PROG_TYPE_XDP, BPF_XDP, 'optional', 'frags'],
  ['xdp/devmap', BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP],
  ['xdp.frags/devmap', BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, 'frags'],
  ['xdp/cpumap', BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP],
  ['xdp.frags/cpumap', BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, 'frags'],
  ['perf_event', BPF_PROG_TYPE_PERF_EVENT],
  ['lwt_in', BPF_PROG_TYPE_LWT_IN],
  ['lwt_out', BPF_PROG_TYPE_LWT_OUT],
  ['lwt_xmit', BPF_PROG_TYPE_LWT_XMIT],
  ['lwt_seg6local', BPF_PROG_TYPE_LWT_SEG6LOCAL],
  ['sockops', BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, 'optional'],
  ['sk_skb', BPF_PROG_TYPE_SK_SKB],
  ['sk_skb/stream_parser', BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_PARSER, 'optional'],
  ['sk_skb/stream_verdict', BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT, 'optional'],
  ['sk_skb/verdict', BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_VERDICT, 'optional'],
  ['sk_msg', BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, 'optional'],
  ['sk_lookup', BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP],
  ['lirc_mode2', BPF_PROG_TYPE_LIRC_MODE2, BPF_LIRC_MODE2, 'optional'],
  ['flow_dissector', BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, 'optional'],
  ['netfilter', BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER],
  ['cgroup/skb', BPF_PROG_TYPE_CGROUP_SKB],
  ['cgroup_skb/ingress', BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 'optional'],
  ['cgroup_skb/egress', BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 'optional'],
  ['cgroup/sock', BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 'optional'],
  ['cgroup/sock_create', BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE],
  ['cgroup/sock_release', BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE],
  ['cgroup/post_bind4', BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND],
  ['cgroup/post_bind6', BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND],
  ['cgroup/bind4', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND],
  ['cgroup/bind6', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND],
  ['cgroup/connect4', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT],
  ['cgroup/connect6', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT],
  ['cgroup/connect_unix', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_CONNECT],
  ['cgroup/sendmsg4', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG],
  ['cgroup/sendmsg6', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG],
  ['cgroup/sendmsg_unix', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_SENDMSG],
  ['cgroup/recvmsg4', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG],
  ['cgroup/recvmsg6', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG],
  ['cgroup/recvmsg_unix', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_RECVMSG],
  ['cgroup/getpeername4', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME],
  ['cgroup/getpeername6', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME],
  ['cgroup/getpeername_unix', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETPEERNAME],
  ['cgroup/getsockname4', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME],
  ['cgroup/getsockname6', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME],
  ['cgroup/getsockname_unix', BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETSOCKNAME],
  ['cgroup/getsockopt', BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT],
  ['cgroup/setsockopt', BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT],
  ['cgroup/sysctl', BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL],
  ['cgroup/dev', BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, 'optional'],
];

const FLAGS: Readonly<Partial<Record<Trait, number>>> = { sleepable: BPF_F_SLEEPABLE, frags: BPF_F_XDP_HAS_FRAGS };

const ruleOf = ([, type, expectedAttachType, ...traits]: Row): SectionRule => {
  const flags = traits.reduce((sum, trait) => sum | (FLAGS[trait] ?? 0), 0);
  return {
    type,
    ...(expectedAttachType === undefined ? {} : { expectedAttachType }),
    ...(flags === 0 ? {} : { flags }),
    ...(traits.includes('optional') ? { attachTypeOptional: true } : {}),
    ...(traits.includes('btf') ? { attachesByBtf: true } : {}),
    ...(traits.includes('uprobes') ? { attachesByUprobes: true } : {}),
  };
};

const RULES = new Map<string, SectionRule>(ROWS.map((row) => [row[0], ruleOf(row)]));
