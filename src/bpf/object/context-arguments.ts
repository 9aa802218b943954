import {
  BPF_PROG_TYPE_CGROUP_DEVICE,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCK,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_CGROUP_SYSCTL,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_KPROBE,
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
  BPF_PROG_TYPE_XDP,
} from '../../uapi/bpf.js';
import { BTF_FUNC_GLOBAL } from '../../uapi/btf.js';
import { resolve } from '../btf/resolve.js';
import type { Btf, BtfType } from '../btf/types.js';
import type { FuncInfo } from '../spec.js';

const TAG = 'arg:ctx';

/** What the context is called in C, by type of program: bpf_ctx_convert, kernel/bpf/btf.c (v6.12). */
const CONTEXTS = new Map<number | undefined, string>([
  [BPF_PROG_TYPE_CGROUP_DEVICE, 'bpf_cgroup_dev_ctx'],
  [BPF_PROG_TYPE_CGROUP_SKB, '__sk_buff'],
  [BPF_PROG_TYPE_CGROUP_SOCK, 'bpf_sock'],
  [BPF_PROG_TYPE_CGROUP_SOCK_ADDR, 'bpf_sock_addr'],
  [BPF_PROG_TYPE_CGROUP_SOCKOPT, 'bpf_sockopt'],
  [BPF_PROG_TYPE_CGROUP_SYSCTL, 'bpf_sysctl'],
  [BPF_PROG_TYPE_FLOW_DISSECTOR, '__sk_buff'],
  [BPF_PROG_TYPE_KPROBE, 'bpf_user_pt_regs_t'],
  [BPF_PROG_TYPE_LWT_IN, '__sk_buff'],
  [BPF_PROG_TYPE_LWT_OUT, '__sk_buff'],
  [BPF_PROG_TYPE_LWT_SEG6LOCAL, '__sk_buff'],
  [BPF_PROG_TYPE_LWT_XMIT, '__sk_buff'],
  [BPF_PROG_TYPE_NETFILTER, 'bpf_nf_ctx'],
  [BPF_PROG_TYPE_PERF_EVENT, 'bpf_perf_event_data'],
  [BPF_PROG_TYPE_RAW_TRACEPOINT, 'bpf_raw_tracepoint_args'],
  [BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 'bpf_raw_tracepoint_args'],
  [BPF_PROG_TYPE_SCHED_ACT, '__sk_buff'],
  [BPF_PROG_TYPE_SCHED_CLS, '__sk_buff'],
  [BPF_PROG_TYPE_SK_LOOKUP, 'bpf_sk_lookup'],
  [BPF_PROG_TYPE_SK_MSG, 'sk_msg_md'],
  [BPF_PROG_TYPE_SK_REUSEPORT, 'sk_reuseport_md'],
  [BPF_PROG_TYPE_SK_SKB, '__sk_buff'],
  [BPF_PROG_TYPE_SOCK_OPS, 'bpf_sock_ops'],
  [BPF_PROG_TYPE_SOCKET_FILTER, '__sk_buff'],
  [BPF_PROG_TYPE_XDP, 'xdp_md'],
]);

/** Global functions by number, each with the parameters that are tagged as the context. */
export type ContextArguments = ReadonlyMap<number, readonly number[]>;

/** What the tags of an object say. */
export function contextArguments({ types }: Btf): ContextArguments {
  const found = new Map<number, number[]>();
  for (const type of types) {
    if (type.kind !== 'declTag' || type.name !== TAG || type.component < 0) continue;
    const target = types[type.type];
    if (target?.kind !== 'func' || target.linkage !== BTF_FUNC_GLOBAL) continue;
    found.set(type.type, [...(found.get(type.type) ?? []), type.component]);
  }
  return found;
}

/**
 * For kernels that do not know the tag: types in which the parameters have the type that the kernel expects of the
 * context of such a program, and func_info that refers to these. libbpf does the same (v1.4).
 *
 *   [5] FUNC_PROTO 'void *ctx'     [9] FUNC 'f' [5]     ->     [20] STRUCT '__sk_buff', [21] PTR to it
 *                                                             [22] FUNC_PROTO 'struct __sk_buff *ctx', [23] FUNC 'f' [22]
 */
export function typeContexts(
  types: BtfType[],
  programType: number | undefined,
  funcInfo: readonly FuncInfo[],
  tagged: ContextArguments,
): readonly FuncInfo[] {
  const name = CONTEXTS.get(programType);
  if (name === undefined || !funcInfo.some(({ typeId }) => tagged.has(typeId))) return funcInfo;
  const add = (type: BtfType): number => types.push(type) - 1;
  let pointer = 0;
  const pointerToContext = (): number => {
    pointer ||= add({
      kind: 'ptr',
      name: '',
      type: add({ kind: 'struct', name, size: 0, kindFlag: false, members: [] }),
    });
    return pointer;
  };
  return funcInfo.map((info) => {
    const func = types[info.typeId];
    const proto = func?.kind === 'func' ? types[func.type] : undefined;
    const which = (tagged.get(info.typeId) ?? []).filter(
      (index) => proto?.kind === 'funcProto' && isOther(types, proto.params[index]?.type, programType, name),
    );
    if (func?.kind !== 'func' || proto?.kind !== 'funcProto' || which.length === 0) return info;
    const params = proto.params.map((param, index) =>
      which.includes(index) ? { ...param, type: pointerToContext() } : param,
    );
    return { ...info, typeId: add({ ...func, type: add({ ...proto, params }) }) };
  });
}

/** Whether a pointer is to something else than the kernel expects, which may stand for it. */
function isOther(
  types: readonly BtfType[],
  id: number | undefined,
  programType: number | undefined,
  name: string,
): boolean {
  const btf = { types };
  const pointer = id === undefined ? undefined : resolve(btf, id).type;
  if (pointer?.kind !== 'ptr') return false;
  const named = types[pointer.type];
  // The kernel's own typedef, of kprobes and perf events.
  if (named?.kind === 'typedef' && named.name === 'bpf_user_pt_regs_t') return false;
  const { type: target } = resolve(btf, pointer.type);
  if (target.kind === 'void') return true;
  if (target.kind === 'struct')
    return target.name !== name && REGISTERS.get(programType)?.includes(target.name) === true;
  const isRaw = programType === BPF_PROG_TYPE_RAW_TRACEPOINT || programType === BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
  return isRaw && target.kind === 'int' && target.size === 8;
}

/** What bpf_user_pt_regs_t is: struct pt_regs, and on arm64 and RISC-V others. */
const REGISTERS = new Map<number | undefined, readonly string[]>([
  [BPF_PROG_TYPE_KPROBE, ['pt_regs']],
  [BPF_PROG_TYPE_PERF_EVENT, ['pt_regs', 'user_pt_regs', 'user_regs_struct']],
]);
