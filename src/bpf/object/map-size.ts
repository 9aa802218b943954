import {
  BPF_F_NO_COMMON_LRU,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_USER_RINGBUF,
} from '../../uapi/bpf.js';
import type { MapSpec } from '../spec.js';

/** Of the machine. */
interface Machine {
  /** CPUs that there are, or may be. */
  cpus(): number;
  /** Bytes. */
  pageSize(): number;
}

const LARGEST = 2 ** 32;

/**
 * The size that a map gets where the object's cannot be, or says that the machine decides; libbpf's rules (v1.5) but for
 * the last.
 *
 *   perf_event_array of 0           one entry per CPU
 *   ringbuf of 5000 bytes           8192: a power of two of pages, upwards
 *   LRU hash, no common list        the same for each CPU, upwards (htab_map_alloc, kernel/bpf/hashtab.c, v6.12)
 */
export function maxEntriesOf({ type, maxEntries, flags }: MapSpec, machine: Machine): number {
  if (type === BPF_MAP_TYPE_PERF_EVENT_ARRAY && maxEntries === 0) return machine.cpus();
  if (type === BPF_MAP_TYPE_RINGBUF || type === BPF_MAP_TYPE_USER_RINGBUF) {
    return ringSize(maxEntries, machine.pageSize());
  }
  if ((flags & BPF_F_NO_COMMON_LRU) === 0) return maxEntries;
  return Math.ceil(maxEntries / machine.cpus()) * machine.cpus();
}

/** 0 stays, for the kernel to refuse; so does what is too large. */
function ringSize(wanted: number, page: number): number {
  if (wanted === 0) return 0;
  let size = page;
  while (size < wanted) size *= 2;
  return size < LARGEST ? size : wanted;
}
