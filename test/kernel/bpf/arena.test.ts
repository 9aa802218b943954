import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BpfObject } from '../../../src/bpf/object.js';
import { SystemError } from '../../../src/sys/errno.js';
import { openFds } from '../../support/fds.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

/** What is mapped in this process. */
const maps = (): string => readFileSync('/proc/self/maps', 'latin1');

test('variables in an arena are shared with programs', (context) => {
  requireFeature(context, 'arena');
  const opened = BpfObject.open(objectPath('arena'));
  expect({ ...opened.variables }).toEqual({ where: { x: 3, y: 4 }, runs: 0n });
  opened.variables['runs'] = 5n;
  using object = opened.load();
  expect(object.program('moved').testRun().retval).toBe(17);
  expect({ ...object.variables }).toEqual({ where: { x: 13, y: 4 }, runs: 6n });
  object.variables['where'] = { x: 1, y: 1 };
  expect(object.program('moved').testRun().retval).toBe(12);
  expect(object.map('arena').info().extra).toBe(0x100000000000n);
});

test('an arena is unmapped with its object, and does not take the place of anything', (context) => {
  requireFeature(context, 'arena');
  const before = openFds();
  const opened = BpfObject.open(objectPath('arena'));
  const object = opened.load();
  expect(maps()).toContain('100000000000-100000010000');
  expect(() => opened.load()).toThrow(SystemError);
  expect(() => opened.load()).toThrow('EEXIST');
  object.close();
  expect(() => object.variables['runs']).toThrow('closed');
  expect(maps()).not.toContain('100000000000-');
  expect(openFds()).toBe(before);
});

test('a syscall program is run on a context', (context) => {
  requireFeature(context, 'arena');
  using object = BpfObject.open(objectPath('arena')).load();
  const given = Uint8Array.of(1, 2, 3, 4);
  expect(object.program('moved').testRun({ context: given })).toMatchObject({ retval: 17, context: given });
});

test('an arena has room for its variables', (context) => {
  requireFeature(context, 'arena');
  const { spec } = BpfObject.open(objectPath('arena'));
  const maps = spec.maps.map((map) => ({ ...map, maxEntries: 1, contents: new Uint8Array(1 << 17) }));
  expect(() => new BpfObject({ ...spec, maps }).load()).toThrow('map arena: has 4096 bytes, and variables of 131072');
});
