import {
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_CGROUP_ARRAY,
  BPF_MAP_TYPE_CGROUP_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_CPUMAP,
  BPF_MAP_TYPE_DEVMAP,
  BPF_MAP_TYPE_DEVMAP_HASH,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_INSN_ARRAY,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
  BPF_MAP_TYPE_RHASH,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_SOCKHASH,
  BPF_MAP_TYPE_SOCKMAP,
  BPF_MAP_TYPE_STACK,
  BPF_MAP_TYPE_STACK_TRACE,
  BPF_MAP_TYPE_STRUCT_OPS,
  BPF_MAP_TYPE_TASK_STORAGE,
  BPF_MAP_TYPE_USER_RINGBUF,
  BPF_MAP_TYPE_XSKMAP,
} from '../../uapi/bpf.js';

/** Types of maps: the kernel's names without prefix, in lower case, as bpftool has them. */
export const MAP_TYPES = {
  hash: BPF_MAP_TYPE_HASH,
  array: BPF_MAP_TYPE_ARRAY,
  prog_array: BPF_MAP_TYPE_PROG_ARRAY,
  perf_event_array: BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  percpu_hash: BPF_MAP_TYPE_PERCPU_HASH,
  percpu_array: BPF_MAP_TYPE_PERCPU_ARRAY,
  stack_trace: BPF_MAP_TYPE_STACK_TRACE,
  cgroup_array: BPF_MAP_TYPE_CGROUP_ARRAY,
  lru_hash: BPF_MAP_TYPE_LRU_HASH,
  lru_percpu_hash: BPF_MAP_TYPE_LRU_PERCPU_HASH,
  lpm_trie: BPF_MAP_TYPE_LPM_TRIE,
  array_of_maps: BPF_MAP_TYPE_ARRAY_OF_MAPS,
  hash_of_maps: BPF_MAP_TYPE_HASH_OF_MAPS,
  devmap: BPF_MAP_TYPE_DEVMAP,
  sockmap: BPF_MAP_TYPE_SOCKMAP,
  cpumap: BPF_MAP_TYPE_CPUMAP,
  xskmap: BPF_MAP_TYPE_XSKMAP,
  sockhash: BPF_MAP_TYPE_SOCKHASH,
  cgroup_storage: BPF_MAP_TYPE_CGROUP_STORAGE,
  reuseport_sockarray: BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
  percpu_cgroup_storage: BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  queue: BPF_MAP_TYPE_QUEUE,
  stack: BPF_MAP_TYPE_STACK,
  sk_storage: BPF_MAP_TYPE_SK_STORAGE,
  devmap_hash: BPF_MAP_TYPE_DEVMAP_HASH,
  struct_ops: BPF_MAP_TYPE_STRUCT_OPS,
  ringbuf: BPF_MAP_TYPE_RINGBUF,
  inode_storage: BPF_MAP_TYPE_INODE_STORAGE,
  task_storage: BPF_MAP_TYPE_TASK_STORAGE,
  bloom_filter: BPF_MAP_TYPE_BLOOM_FILTER,
  user_ringbuf: BPF_MAP_TYPE_USER_RINGBUF,
  cgrp_storage: BPF_MAP_TYPE_CGRP_STORAGE,
  arena: BPF_MAP_TYPE_ARENA,
  insn_array: BPF_MAP_TYPE_INSN_ARRAY,
  rhash: BPF_MAP_TYPE_RHASH,
} as const;

export type MapTypeName = keyof typeof MAP_TYPES;

const names = new Map<number, string>(Object.entries(MAP_TYPES).map(([name, number]) => [number, name]));

/** `hash` for 1; the number as text for a type that a newer kernel brought. */
export function mapTypeName(type: number): string {
  return names.get(type) ?? String(type);
}

const PER_CPU = new Set<number>([
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
]);

/** Whether an entry has one value for each possible CPU. */
export function isPerCpu(type: number): boolean {
  return PER_CPU.has(type);
}

const UNTYPED = new Set<number>([
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_CGROUP_ARRAY,
  BPF_MAP_TYPE_STACK_TRACE,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_DEVMAP,
  BPF_MAP_TYPE_DEVMAP_HASH,
  BPF_MAP_TYPE_CPUMAP,
  BPF_MAP_TYPE_XSKMAP,
  BPF_MAP_TYPE_SOCKMAP,
  BPF_MAP_TYPE_SOCKHASH,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_STACK,
  BPF_MAP_TYPE_ARENA,
]);

/**
 * Whether the kernel keeps the types of keys and values; it refuses a map of another type that has them (map_check_btf,
 * kernel/bpf/syscall.c, v6.12). libbpf's list (v1.8).
 */
export function takesBtf(type: number): boolean {
  return !UNTYPED.has(type);
}

const ARRAYS = new Set<number>([BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY]);

/** Whether the entries are always all there: 0 to maxEntries - 1, none of which can be deleted. */
export function isArray(type: number): boolean {
  return ARRAYS.has(type);
}
