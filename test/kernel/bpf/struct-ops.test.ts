import { expect, test } from 'vitest';
import { BpfObject } from '../../../src/bpf/object.js';
import { BPF_F_LINK, BPF_MAP_TYPE_STRUCT_OPS, BPF_PROG_TYPE_STRUCT_OPS } from '../../../src/uapi/bpf.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../unit/bpf/objects.js';

test('structs of functions become maps of the kernel’s struct, and their functions programs', (context) => {
  requireFeature(context, 'struct_ops');
  using object = BpfObject.open(objectPath('struct_ops')).load();
  expect([...object.programs.keys()].sort()).toEqual(['avoid', 'half', 'undo']);
  expect(object.program('half').type).toBe(BPF_PROG_TYPE_STRUCT_OPS);
  const map = object.map('nlbpf_ops');
  expect(map.type).toBe(BPF_MAP_TYPE_STRUCT_OPS);
  // The kernel's struct with what it puts around it.
  expect(map.valueSize).toBeGreaterThan(object.spec.maps.find(({ name }) => name === 'nlbpf_ops')!.valueSize);
});

test('optional ones are created when asked for, and their functions loaded with them', (context) => {
  const path = objectPath('struct_ops_optional');
  using without = BpfObject.open(path).load();
  expect([without.programs.size, without.maps.size]).toEqual([0, 0]);
  requireFeature(context, 'struct_ops_link');
  using object = BpfObject.open(path, { maps: { optional: { autocreate: true } } }).load();
  expect([...object.programs.keys()]).toEqual(['half', 'avoid', 'undo']);
  expect(object.map('optional').info().flags & BPF_F_LINK).toBe(BPF_F_LINK);
});
