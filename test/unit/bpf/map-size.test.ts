import { expect, test } from 'vitest';
import { maxEntriesOf } from '../../../src/bpf/object/map-size.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import type { MapSpec } from '../../../src/bpf/spec.js';
import {
  BPF_F_NO_COMMON_LRU,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_USER_RINGBUF,
} from '../../../src/uapi/bpf.js';
import { objectBytes } from '../../support/objects.js';

const machine = { cpus: () => 6, pageSize: () => 4096 };

test.each([
  [BPF_MAP_TYPE_HASH, 5000, 0, 5000],
  [BPF_MAP_TYPE_PERF_EVENT_ARRAY, 0, 0, 6],
  [BPF_MAP_TYPE_PERF_EVENT_ARRAY, 2, 0, 2],
  [BPF_MAP_TYPE_RINGBUF, 0, 0, 0],
  [BPF_MAP_TYPE_RINGBUF, 1, 0, 4096],
  [BPF_MAP_TYPE_RINGBUF, 4096, 0, 4096],
  [BPF_MAP_TYPE_RINGBUF, 3 * 4096, 0, 4 * 4096],
  [BPF_MAP_TYPE_USER_RINGBUF, 5000, 0, 8192],
  [BPF_MAP_TYPE_RINGBUF, 0x80000001, 0, 0x80000001],
  [BPF_MAP_TYPE_LRU_HASH, 10, BPF_F_NO_COMMON_LRU, 12],
  [BPF_MAP_TYPE_LRU_HASH, 10, 0, 10],
])('a map of type %i for %i with flags %i has room for %i', (type, maxEntries, flags, size) => {
  expect(maxEntriesOf({ type, maxEntries, flags } as MapSpec, machine)).toBe(size);
});

test('legacy maps and programs are linked by their numbers', () => {
  const { maps } = parseObject(objectBytes('legacy_links'));
  expect(maps).toMatchObject([
    { name: 'jumps', slots: [{ index: 1, kind: 'program', name: 'tail' }] },
    { name: 'outer', slots: [{ index: 3, kind: 'map', name: 'inner' }], inner: { keySize: 4, valueSize: 4 } },
    { name: 'inner' },
  ]);
  expect(maps[2]).not.toHaveProperty('slots');
});
