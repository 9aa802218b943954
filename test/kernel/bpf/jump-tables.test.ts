import { expect, test } from 'vitest';
import { UnsupportedError } from '../../../src/bpf/error.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { openFds } from '../../support/fds.js';
import { lacking } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

const opened = BpfObject.open(objectPath('jump_tables'));

test('programs jump by tables, where the kernel has them', () => {
  const before = openFds();
  if (lacking('insn_array') !== undefined) {
    expect(() => opened.load()).toThrow(UnsupportedError);
    expect(() => opened.load()).toThrow('maps of type insn_array');
  } else {
    using object = opened.load();
    const outer = (index: number) => object.program('outer').testRun({ context: Uint8Array.of(index, 0, 0, 0) }).retval;
    // What one function adds to what the other says; each has a table of its own.
    expect([0, 1, 2, 3].map(outer)).toEqual([10 + 1, 20 + 2, 3, 0]);
    expect(object.program('outer').info().mapIds).toHaveLength(2);
  }
  expect(openFds()).toBe(before);
});
