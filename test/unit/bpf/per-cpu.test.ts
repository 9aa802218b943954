import { expect, test } from 'vitest';
import { countCpus, perCpu, strideOf } from '../../../src/bpf/map/per-cpu.js';
import { u16, u32 } from '../../../src/wire/integers.js';
import { Reader } from '../../../src/wire/reader.js';
import { encode } from '../../../src/wire/writer.js';

test.each([
  ['0\n', 1],
  ['0-3\n', 4],
  ['0,2-7\n', 8],
  ['0-1,4\n', 5],
])('the possible CPUs %j are %i values', (list, count) => {
  expect(countCpus(list)).toBe(count);
});

test.each([
  [1, 8],
  [8, 8],
  [9, 16],
])('a value of %i bytes takes %i', (size, stride) => {
  expect(strideOf(size)).toBe(stride);
});

test('values lie 8 bytes apart, and are read back', () => {
  const codec = perCpu(u16, 2, 3);
  const bytes = encode(codec, [1, 2, 3]);
  expect([...bytes]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
  expect(codec.decode(new Reader(bytes), 0, bytes.length)).toEqual([1, 2, 3]);
});

test('another number of values is refused', () => {
  expect(() => encode(perCpu(u32, 4, 2), [1])).toThrow('must be an array of 2, one value for each possible CPU');
});
