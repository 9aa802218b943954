import { describe, expect, test } from 'vitest';
import { codecOf } from '../../../src/bpf/btf/codec.js';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import { findType } from '../../../src/bpf/btf/resolve.js';
import type { Btf, BtfComposite, BtfType } from '../../../src/bpf/btf/types.js';
import { parseElf } from '../../../src/bpf/elf.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { DecodeError, EncodeError } from '../../../src/wire/error.js';
import { Reader } from '../../../src/wire/reader.js';
import { Writer } from '../../../src/wire/writer.js';
import { objectBytes } from '../../support/objects.js';
import type { Everything } from '../../types/maps.js';

const elf = parseElf(objectBytes('maps'));
const btf = parseBtf(elf.sections.find(({ name }) => name === '.BTF')!.data);
const everything = codecOf(btf, findType(btf, 'struct', 'everything'));

const encode = (codec: typeof everything, value: unknown): Uint8Array => {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.finish().slice();
};
const decode = (codec: typeof everything, bytes: Uint8Array): unknown =>
  codec.decode(new Reader(bytes), 0, bytes.length);

/** As `nlbpf types` describes it. */
const VALUE: Everything = {
  name: 'lo',
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  up: true,
  small: -5,
  ports: [80, 443, 0xffff],
  color: 7,
  packets: 2n ** 63n,
  offset: -1n,
  large: 0x1234567890n,
  points: [
    { x: 1, y: -2 },
    { x: 3, y: 4 },
  ],
  v4: 0x0100007f,
  v6: Uint8Array.of(127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  low: 5,
  middle: -2048,
  high: 8191,
  wide: 0xab_cdef_0123n,
  bit: true,
  pointer: 0xffff_8880_0000_0000n,
  ratio: 0.5,
  last: -7,
};

describe('a struct of BTF', () => {
  test('is a plain object, and the same bytes again', () => {
    const bytes = encode(everything, VALUE);
    expect(bytes).toHaveLength(everything.size);
    expect(decode(everything, bytes)).toEqual(VALUE);
  });

  test('lies in memory as clang lays it out', () => {
    const bytes = encode(everything, VALUE);
    const view = new DataView(bytes.buffer);
    expect(String.fromCharCode(...bytes.subarray(0, 3))).toBe('lo\0');
    expect(bytes.subarray(8, 14)).toEqual(VALUE.mac);
    expect(view.getBigUint64(32, true)).toBe(VALUE.packets);
    expect([view.getInt32(64, true), view.getInt32(68, true)]).toEqual([3, 4]);
    // low:3, middle:12, a gap of 4, high:13
    expect(view.getUint32(88, true)).toBe((5 | ((-2048 & 0xfff) << 3) | (8191 << 19)) >>> 0);
    expect(view.getBigUint64(96, true) & 0xffffffffffn).toBe(VALUE.wide);
    expect(bytes[101]! & 1).toBe(1);
    expect(view.getFloat64(112, true)).toBe(0.5);
  });

  test('has zeros where nothing is given', () => {
    expect(decode(everything, encode(everything, { small: 1 }))).toMatchObject({
      name: '',
      small: 1,
      last: 0,
      bit: false,
    });
  });

  test.each<[string, unknown, string]>([
    ['no object', 5, 'must be an object, is 5'],
    ['an unknown member', { speed: 1 }, 'speed: no such member'],
    ['text that is too long', { name: 'much too long' }, 'name: must have at most 8 bytes, has 13'],
    ['a number out of range', { small: 128 }, 'small: must be an integer from -128 to 127, is 128'],
    ['a bit-field out of range', { low: 8 }, 'low: must be an unsigned integer of 3 bits, is 8'],
    ['too many items', { ports: [1, 2, 3, 4] }, 'ports: must be an array of 3, is 4'],
    ['an item of another type', { points: [{ x: 'a' }] }, 'x: must be an integer'],
  ])('%s is refused', (_, value, message) => {
    expect(() => encode(everything, value)).toThrow(EncodeError);
    expect(() => encode(everything, value)).toThrow(message);
  });

  test('needs all of its bytes', () => {
    expect(() => decode(everything, new Uint8Array(127))).toThrow('needs 128 bytes, has 127 (at byte 0)');
  });
});

describe('less common types', () => {
  const of = (...types: BtfType[]): Btf => ({
    types: [{ kind: 'void', name: '' }, ...types],
    strings: new StringTable(new Uint8Array(1)),
  });
  const int = (name: string, size: number, encoding = 0, bits = 8 * size): BtfType => ({
    ...{ kind: 'int', name, size, encoding, bitOffset: 0, bits },
  });
  const member = (name: string, type: number, bitOffset: number, bitSize = 0) => ({ name, type, bitOffset, bitSize });
  const struct = (size: number, ...members: BtfComposite['members']): BtfType => ({
    ...{ kind: 'struct', name: 's', size, kindFlag: false, members },
  });

  test.each([
    [0, 0n],
    [0, 2n ** 128n - 1n],
    [1, -1n],
    [1, -(2n ** 127n)],
    [1, 2n ** 64n],
  ])('128-bit integers are bigint (encoding %s, %s)', (encoding, value) => {
    const codec = codecOf(of(int('__int128', 16, encoding)), 1);
    expect(decode(codec, encode(codec, value))).toBe(value);
    expect(() => encode(codec, encoding === 0 ? -1n : 2n ** 127n)).toThrow('128-bit integer');
  });

  test("bit-fields whose size is their integer's, from old compilers", () => {
    const codec = codecOf(of(int('unsigned int', 4, 0, 5), struct(4, member('a', 1, 0), member('b', 1, 5))), 2);
    expect(encode(codec, { a: 3, b: 31 })).toEqual(Uint8Array.of(0b11100011, 0b11, 0, 0));
    expect(decode(codec, Uint8Array.of(0xe3, 0xff, 0, 0))).toEqual({ a: 3, b: 31 });
  });

  describe('flexible arrays', () => {
    const array = (type: number): BtfType => ({ kind: 'array', name: '', type, indexType: 1, length: 0 });
    const codec = codecOf(
      of(int('unsigned short', 2), array(1), struct(4, member('n', 1, 0), member('items', 2, 32))),
      3,
    );
    const text = codecOf(of(int('char', 1), array(1), struct(4, member('n', 1, 0), member('text', 2, 8))), 3);

    test('have as many items as there are bytes for', () => {
      expect(codec.size).toBe(4);
      expect(decode(codec, Uint8Array.of(2, 0, 0, 0))).toEqual({ n: 2, items: [] });
      expect(decode(codec, Uint8Array.of(2, 0, 0, 0, 5, 0, 6, 0, 7))).toEqual({ n: 2, items: [5, 6] });
      expect(encode(codec, { n: 2, items: [5, 6] })).toEqual(Uint8Array.of(2, 0, 0, 0, 5, 0, 6, 0));
      expect(encode(codec, { n: 2 })).toEqual(Uint8Array.of(2, 0, 0, 0));
    });

    test('may begin in the padding, and be text', () => {
      expect(decode(text, Uint8Array.of(1, 97, 98, 99, 100))).toEqual({ n: 1, text: 'abcd' });
      expect(encode(text, { n: 1, text: 'ab' })).toEqual(Uint8Array.of(1, 97, 98, 0));
    });

    test('say where a value is wrong', () => {
      expect(() => encode(codec, { items: [1, 'a'] })).toThrow(/^items: must be an integer/);
    });
  });
});

describe('types that cannot be values', () => {
  const int: BtfType = { kind: 'int', name: 'int', size: 4, encoding: 1, bitOffset: 0, bits: 32 };
  const struct = (size: number, ...types: number[]): BtfType => ({
    kind: 'struct',
    name: 's',
    size,
    kindFlag: false,
    members: types.map((type, index) => ({ name: `m${index}`, type, bitOffset: 0, bitSize: 0 })),
  });
  const far = struct(4, 2) as BtfComposite;
  Object.assign(far.members[0]!, { bitOffset: 0xfffffff8 });
  const of = (...types: BtfType[]): Btf => ({
    types: [{ kind: 'void', name: '' }, ...types],
    strings: new StringTable(new Uint8Array(1)),
  });

  test.each<[string, Btf, string]>([
    ['void', of({ kind: 'typedef', name: 'v', type: 0, kindFlag: false }), 'has no values'],
    ['a struct within itself', of(struct(4, 1)), 'more than 32 types deep, or contains itself'],
    ['a member beyond the end', of(struct(2, 2), int), 'member m0 does not fit'],
    ['a member at the far end of 32 bits', of(far, int), 'member m0 does not fit'],
    [
      'doubling at each level',
      of(...Array.from({ length: 30 }, (_, i) => struct(4, i + 2, i + 2)), int),
      '1048576 values',
    ],
    [
      'items without size',
      of({ kind: 'array', name: '', type: 2, indexType: 3, length: 1e9 }, struct(0), int),
      '1048576 values',
    ],
    ['an integer of 3 bytes', of({ ...int, size: 3 }), 'is an integer of 3 bytes'],
  ])('%s', (_, btf, message) => {
    expect(() => codecOf(btf, 1)).toThrow(DecodeError);
    expect(() => codecOf(btf, 1)).toThrow(message);
  });

  test('a member called __proto__ is a member', () => {
    const named: BtfType = {
      ...struct(4, 2),
      members: [{ name: '__proto__', type: 2, bitOffset: 0, bitSize: 0 }],
    } as BtfType;
    const value = decode(codecOf(of(named, int), 1), Uint8Array.of(9, 0, 0, 0)) as object;
    expect(Object.entries(value)).toEqual([['__proto__', 9]]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});
