import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../../src/wire/error.js';
import * as I from '../../../src/wire/integers.js';
import { decode } from '../../../src/wire/reader.js';
import { encode } from '../../../src/wire/writer.js';

/** A codec, its range, and Buffer's independent way of reading it. */
const small = [
  ['u8', I.u8, 0, 255, (b: Buffer) => b.readUInt8()],
  ['s8', I.s8, -128, 127, (b: Buffer) => b.readInt8()],
  ['u16', I.u16, 0, 65_535, (b: Buffer) => (I.LITTLE_ENDIAN ? b.readUInt16LE() : b.readUInt16BE())],
  ['s16', I.s16, -32_768, 32_767, (b: Buffer) => (I.LITTLE_ENDIAN ? b.readInt16LE() : b.readInt16BE())],
  ['u32', I.u32, 0, 4_294_967_295, (b: Buffer) => (I.LITTLE_ENDIAN ? b.readUInt32LE() : b.readUInt32BE())],
  ['s32', I.s32, -2_147_483_648, 2_147_483_647, (b: Buffer) => (I.LITTLE_ENDIAN ? b.readInt32LE() : b.readInt32BE())],
  ['be16', I.be16, 0, 65_535, (b: Buffer) => b.readUInt16BE()],
  ['be32', I.be32, 0, 4_294_967_295, (b: Buffer) => b.readUInt32BE()],
] as const;
const large = [
  ['u64', I.u64, 0n, 2n ** 64n - 1n, (b: Buffer) => (I.LITTLE_ENDIAN ? b.readBigUInt64LE() : b.readBigUInt64BE())],
  [
    's64',
    I.s64,
    -(2n ** 63n),
    2n ** 63n - 1n,
    (b: Buffer) => (I.LITTLE_ENDIAN ? b.readBigInt64LE() : b.readBigInt64BE()),
  ],
  ['be64', I.be64, 0n, 2n ** 64n - 1n, (b: Buffer) => b.readBigUInt64BE()],
] as const;

describe.each(small)('%s', (_, codec, lowest, highest, read) => {
  test('is read and written as Buffer does it, over its whole range', () => {
    fc.assert(
      fc.property(fc.integer({ min: lowest, max: highest }), (value) => {
        const bytes = encode(codec, value);
        expect(bytes.length).toBe(codec.inPlace.size);
        expect(read(Buffer.from(bytes))).toBe(value);
        expect(decode(codec, bytes)).toBe(value);
      }),
      { examples: [[lowest], [highest], [0]] },
    );
  });

  test('refuses what it has no room for, and what is no integer', () => {
    for (const value of [lowest - 1, highest + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null, true, 5n]) {
      expect(() => encode(codec, value as number)).toThrow(EncodeError);
    }
    expect(() => encode(codec, (highest + 1) as number)).toThrow(
      `must be an integer from ${lowest} to ${highest}, is ${highest + 1}`,
    );
  });

  test('refuses a payload that is too short, and reads the beginning of a longer one', () => {
    const bytes = encode(codec, 1);
    expect(() => decode(codec, bytes.subarray(1))).toThrow(
      `needs ${bytes.length} bytes, has ${bytes.length - 1} (at byte 0)`,
    );
    expect(() => decode(codec, new Uint8Array())).toThrow(DecodeError);
    expect(decode(codec, Uint8Array.of(...bytes, 99))).toBe(1);
  });
});

describe.each(large)('%s', (_, codec, lowest, highest, read) => {
  test('is read and written as Buffer does it, over its whole range', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: lowest, max: highest }), (value) => {
        const bytes = encode(codec, value);
        expect(read(Buffer.from(bytes))).toBe(value);
        expect(decode(codec, bytes)).toBe(value);
      }),
      { examples: [[lowest], [highest], [0n]] },
    );
  });

  test('takes a safe integer, and answers a bigint', () => {
    expect(decode(codec, encode(codec, 42))).toBe(42n);
    expect(decode(codec, encode(codec, Number.MAX_SAFE_INTEGER))).toBe(BigInt(Number.MAX_SAFE_INTEGER));
  });

  test('refuses what it has no room for, and what is no integer', () => {
    for (const value of [lowest - 1n, highest + 1n, 2 ** 60, 1.5, '5', undefined, null]) {
      expect(() => encode(codec, value as bigint)).toThrow(EncodeError);
    }
    expect(() => encode(codec, highest + 1n)).toThrow(/^must be an? (un)?signed 64-bit integer \(bigint\), is \d+n$/);
  });
});

test('uint has 32 or 64 bits, as many as it needs', () => {
  expect(encode(I.uint, 5).length).toBe(4);
  expect(encode(I.uint, 0xffffffffn).length).toBe(4);
  expect(encode(I.uint, 0x100000000n).length).toBe(8);
  for (const value of [0n, 5n, 0xffffffffn, 2n ** 40n]) expect(decode(I.uint, encode(I.uint, value))).toBe(value);
  for (const value of [-1, 1.5, '5', 2n ** 64n]) expect(() => encode(I.uint, value as bigint)).toThrow(EncodeError);
  expect(() => decode(I.uint, new Uint8Array(3))).toThrow(DecodeError);
});

test('bool is a byte: 0 is off, all else on', () => {
  expect([0, 1, 2, 255].map((byte) => decode(I.bool, Uint8Array.of(byte)))).toEqual([false, true, true, true]);
  expect([...encode(I.bool, true), ...encode(I.bool, false)]).toEqual([1, 0]);
  expect(() => encode(I.bool, 1 as unknown as boolean)).toThrow('must be true or false, is 1');
});

test('flag has no payload', () => {
  expect(encode(I.flag, true).length).toBe(0);
  expect(decode(I.flag, new Uint8Array())).toBe(true);
  expect(I.flag.omits?.(false)).toBe(true);
  expect(() => encode(I.flag, 'yes' as unknown as boolean)).toThrow('must be true or false, is "yes"');
});

test('values are shown in errors as they would be typed, and never throw', () => {
  const shown = [5, 5n, 'a"b', new Uint8Array(3), {}, null, undefined, Symbol('x'), () => 1].map(I.show);
  expect(shown.slice(0, 7)).toEqual(['5', '5n', '"a\\"b"', '3 bytes', 'an object', 'null', 'undefined']);
  expect(shown.length).toBe(9);
});
