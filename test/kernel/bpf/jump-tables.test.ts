import { expect, test } from 'vitest';
import { UnsupportedError } from '../../../src/bpf/error.js';
import { hasMapType } from '../../../src/bpf/features/maps.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { BPF_MAP_TYPE_INSN_ARRAY } from '../../../src/uapi/bpf.js';
import { openFds } from '../../support/fds.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../unit/bpf/objects.js';

const opened = BpfObject.open(objectPath('jump_tables'));

test('programs jump by tables', (context) => {
  requireFeature(context, 'insn_array');
  const before = openFds();
  using object = opened.load();
  const outer = (index: number) => object.program('outer').testRun({ context: Uint8Array.of(index, 0, 0, 0) }).retval;
  // What one function adds to what the other says; each has a table of its own.
  expect([0, 1, 2, 3].map(outer)).toEqual([10 + 1, 20 + 2, 3, 0]);
  expect(object.program('outer').info().mapIds).toHaveLength(2);
  object.close();
  expect(openFds()).toBe(before);
});

test('a kernel without them says so', (context) => {
  if (hasMapType(BPF_MAP_TYPE_INSN_ARRAY) === true) context.skip('this kernel has them');
  const before = openFds();
  expect(() => opened.load()).toThrow(UnsupportedError);
  expect(() => opened.load()).toThrow('maps of type insn_array');
  expect(openFds()).toBe(before);
});
