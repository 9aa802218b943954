import { closeSync } from 'node:fs';
import {
  BPF_F_MMAPABLE,
  BPF_F_NO_PREALLOC,
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_CGROUP_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_INSN_ARRAY,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
  BPF_MAP_TYPE_RHASH,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_STACK,
  BPF_MAP_TYPE_STACK_TRACE,
  BPF_MAP_TYPE_STRUCT_OPS,
  BPF_MAP_TYPE_TASK_STORAGE,
  BPF_MAP_TYPE_USER_RINGBUF,
} from '../../uapi/bpf.js';
import { EINVAL, EPERM } from '../../uapi/errno.js';
import { MAP_CREATE } from '../attr.js';
import { BpfError, UnsupportedError, unlessForbidden } from '../error.js';
import { mapTypeName } from '../map/types.js';
import { attempt } from '../syscall.js';

interface Shape {
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries?: number;
  readonly mapFlags?: number;
}

/** A shape that most types take. */
const USUAL = { keySize: 4, valueSize: 4, maxEntries: 1 } as const;

/** The types that want another. */
const SHAPES = new Map<number, Shape>([
  [BPF_MAP_TYPE_STACK_TRACE, { valueSize: 8 }],
  [BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, { valueSize: 8 }],
  [BPF_MAP_TYPE_LPM_TRIE, { keySize: 8, mapFlags: BPF_F_NO_PREALLOC }],
  [BPF_MAP_TYPE_CGROUP_STORAGE, { keySize: 16, maxEntries: 0 }],
  [BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, { keySize: 16, maxEntries: 0 }],
  [BPF_MAP_TYPE_QUEUE, { keySize: 0 }],
  [BPF_MAP_TYPE_STACK, { keySize: 0 }],
  [BPF_MAP_TYPE_BLOOM_FILTER, { keySize: 0 }],
  // A multiple of the page size, which is 64 KiB at most.
  [BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 1 << 16 }],
  [BPF_MAP_TYPE_USER_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 1 << 16 }],
  [BPF_MAP_TYPE_INSN_ARRAY, { valueSize: 16 }],
  [BPF_MAP_TYPE_ARENA, { keySize: 0, valueSize: 0, mapFlags: BPF_F_MMAPABLE }],
]);

/** Types that answer EINVAL unless they get BTF, or a shape that follows from something else: not probed. */
const NOT_PROBED = new Set<number>([
  BPF_MAP_TYPE_RHASH,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_TASK_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_STRUCT_OPS,
]);
const OF_MAPS = new Set([BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS]);

const known = new Map<number, boolean | undefined>();

/**
 * Whether the kernel has maps of this type: it makes a small one. Undefined if that cannot be told. Throws
 * BpfError (EPERM) if the kernel does not say.
 */
export function hasMapType(type: number): boolean | undefined {
  if (!known.has(type)) known.set(type, NOT_PROBED.has(type) ? undefined : probe(type));
  return known.get(type);
}

/** Throws UnsupportedError if the kernel has no maps of this type; nothing if it has, or does not say. */
export function requireMapType(type: number): void {
  if (unlessForbidden(() => hasMapType(type)) === false) {
    throw new UnsupportedError(`maps of type ${mapTypeName(type)}`);
  }
}

function probe(mapType: number): boolean {
  const innerMapFd = OF_MAPS.has(mapType) ? attempt(MAP_CREATE, { mapType: BPF_MAP_TYPE_ARRAY, ...USUAL }).result : 0;
  const { result } = attempt(MAP_CREATE, { mapType, ...USUAL, ...SHAPES.get(mapType), innerMapFd });
  if (innerMapFd > 0) closeSync(innerMapFd);
  if (result === -EPERM) throw new BpfError(result, MAP_CREATE.name, `map of type ${mapTypeName(mapType)}`);
  if (result >= 0) closeSync(result);
  return result >= 0 || result !== -EINVAL;
}
