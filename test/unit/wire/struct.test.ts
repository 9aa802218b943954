import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../../src/wire/error.js';
import { be16, bool, s32, u8, u16, u32, u64 } from '../../../src/wire/integers.js';
import { decode, Reader } from '../../../src/wire/reader.js';
import { array, indexed, items, struct } from '../../../src/wire/struct.js';
import { fixedText } from '../../../src/wire/text.js';
import { encode, Writer } from '../../../src/wire/writer.js';

const inner = struct({ a: u8, b: u16 });
const outer = struct({ first: u8, big: u64, in: inner, list: array(inner, 2), name: fixedText(3), last: u32 });

describe('a C struct', () => {
  test('is laid out as a C compiler does it', () => {
    expect([inner.size, inner.alignment, inner.offsets]).toEqual([4, 2, { a: 0, b: 2 }]);
    expect(outer.offsets).toEqual({ first: 0, big: 8, in: 16, list: 20, name: 28, last: 32 });
    expect([outer.size, outer.alignment]).toEqual([40, 8]);
    expect(struct({ a: u32, b: u8 }).size).toBe(8);
    expect(struct({ a: u8, b: be16, c: s32 }).offsets).toEqual({ a: 0, b: 2, c: 4 });
  });

  const value = {
    first: 1,
    big: 2n,
    in: { a: 3, b: 4 },
    list: [
      { a: 5, b: 6 },
      { a: 7, b: 8 },
    ],
    name: 'ab',
    last: 9,
  };

  test('comes back as it went out, at any offset', () => {
    expect(decode(outer, encode(outer, value))).toEqual(value);
    const shifted = Uint8Array.of(9, 9, 9, ...encode(outer, value));
    expect(outer.decode(new Reader(shifted), 3, shifted.length)).toEqual(value);
  });

  test('fields left out, or undefined, are zero', () => {
    expect(decode(inner, encode(inner, {}))).toEqual({ a: 0, b: 0 });
    expect(decode(inner, encode(inner, { a: undefined, b: 5 }))).toEqual({ a: 0, b: 5 });
  });

  test('a shorter one reads as if zeros followed', () => {
    expect(decode(inner, Uint8Array.of(7))).toEqual({ a: 7, b: 0 });
    expect(decode(inner, new Uint8Array())).toEqual({ a: 0, b: 0 });
    // What follows in the buffer does not count.
    expect(inner.decode(new Reader(Uint8Array.of(7, 255, 255, 255)), 0, 1)).toEqual({ a: 7, b: 0 });
  });

  test('a longer one keeps its tail, and sends it again', () => {
    const bytes = Uint8Array.of(7, 0, 8, 0, 42, 43);
    const read = decode(inner, bytes);
    expect(read).toEqual({ a: 7, b: 8, tail: Uint8Array.of(42, 43) });
    expect(encode(inner, read)).toEqual(bytes);
    expect(decode(inner, bytes.subarray(0, 4))).not.toHaveProperty('tail');
  });

  test('says which field is wrong', () => {
    const path = (input: object) => {
      try {
        encode(outer, input);
      } catch (error) {
        return error instanceof EncodeError ? [error.path, error.code] : error;
      }
      return undefined;
    };
    expect(path({ first: 256 })).toEqual(['first', 'ERR_INVALID_VALUE']);
    expect(path({ in: { b: 'x' } })).toEqual(['in.b', 'ERR_INVALID_VALUE']);
    expect(path({ list: [{}, { a: -1 }] })).toEqual(['list[1].a', 'ERR_INVALID_VALUE']);
    expect(path({ list: [{}] })).toEqual(['list', 'ERR_INVALID_VALUE']);
    expect(path({ name: 'abc' })).toEqual(['name', 'ERR_INVALID_VALUE']);
    for (const wrong of [null, 5, 'x'] as unknown[])
      expect(() => encode(inner, wrong as object)).toThrow('must be an object');
  });

  test('of integers alone is stable for every value', () => {
    const flags = struct({ a: u8, b: be16, c: s32, d: u64, e: bool });
    const values = fc.record({
      a: fc.nat(255),
      b: fc.nat(65_535),
      c: fc.integer(),
      d: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      e: fc.boolean(),
    });
    fc.assert(
      fc.property(values, (input) => {
        expect(decode(flags, encode(flags, input))).toEqual({ ...input });
      }),
    );
  });
});

test('an array is a value of its own, too', () => {
  const three = array(u16, 3);
  expect(decode(three, encode(three, [1, 2, 3]))).toEqual([1, 2, 3]);
  expect(() => encode(three, [1, 2])).toThrow('must be an array of 3, is 2');
  expect(() => encode(three, 5 as unknown as number[])).toThrow('must be an array of 3, is 5');
  expect(() => decode(three, new Uint8Array(5))).toThrow(DecodeError);
});

describe('a writer', () => {
  test('grows, aligns with zeros, and gives out what was written', () => {
    const writer = new Writer(2);
    writer.raw(Uint8Array.of(1, 2, 3));
    writer.align(4);
    expect(writer.grow(100)).toBe(4);
    expect(writer.finish()).toEqual(Uint8Array.of(1, 2, 3, ...new Uint8Array(101)));
    writer.align(4);
    expect(writer.length).toBe(104);
  });

  test('has zeros past its length, always', () => {
    const writer = new Writer(8);
    writer.raw(new Uint8Array(8).fill(255));
    writer.reset(3);
    expect([...writer.bytes]).toEqual([255, 255, 255, 0, 0, 0, 0, 0]);
    writer.grow(20);
    expect([...writer.finish().subarray(3)]).toEqual(Array(20).fill(0));
    writer.reset();
    expect(writer.bytes.every((byte) => byte === 0)).toBe(true);
  });

  test('keeps the view over the same memory when it grows', () => {
    const writer = new Writer(0);
    const at = writer.grow(4);
    writer.view.setUint8(at, 7);
    writer.grow(1000);
    expect(writer.view.getUint8(at)).toBe(7);
    expect(writer.bytes[at]).toBe(7);
  });
});

describe('a reader', () => {
  test('sees a part of a larger buffer', () => {
    const whole = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const reader = new Reader(whole.subarray(2, 5));
    expect([reader.bytes.length, reader.bytes[0], reader.view.getUint8(0)]).toEqual([3, 3, 3]);
    expect(() => reader.fail(2, 'is odd')).toThrow(new DecodeError('is odd', 2));
  });
});

describe('errors', () => {
  test('carry code, path, offset and reason, in one line and as data', () => {
    const decoding = new DecodeError('is odd', 7).within('id').within('[2]').within('list').within('data');
    expect(decoding.message).toBe('data.list[2].id: is odd (at byte 7)');
    expect(decoding.toJSON()).toMatchObject({ name: 'DecodeError', code: 'ERR_DECODE', offset: 7, reason: 'is odd' });
    const encoding = new EncodeError('is odd').within('id').during('link add x');
    expect(encoding.message).toBe('link add x: id: is odd');
    expect(encoding.toJSON()).toMatchObject({ code: 'ERR_INVALID_VALUE', path: 'id', operation: 'link add x' });
  });
});

describe('an array indexed by an enum', () => {
  const counters = indexed(u16, ['in', 'out', 'errors']);

  test('has a member for each number', () => {
    const bytes = encode(counters, { in: 1, out: 2, errors: 0 });
    expect([...new Uint16Array(bytes.buffer)]).toEqual([1, 2, 0]);
    expect(decode(counters, bytes)).toEqual({ in: 1, out: 2, errors: 0 });
  });

  test('of an older kernel lacks members, of a newer one keeps what it adds; both go back as they came', () => {
    const older = Uint8Array.of(1, 1, 2, 2);
    expect(Object.entries(decode(counters, older))).toEqual([
      ['in', 0x101],
      ['out', 0x202],
    ]);
    const newer = Uint8Array.of(1, 1, 2, 2, 3, 3, 4, 4);
    expect(decode(counters, newer)).toEqual({ in: 0x101, out: 0x202, errors: 0x303, tail: Uint8Array.of(4, 4) });
    for (const bytes of [older, newer]) expect(encode(counters, decode(counters, bytes))).toEqual(bytes);
  });
});

test('an array is as long as its payload', () => {
  const bytes = Uint8Array.of(1, 0, 2, 0, 9);
  expect(decode(items(be16), bytes)).toEqual([256, 512]);
  expect(encode(items(be16), [256, 512])).toEqual(bytes.subarray(0, 4));
  expect(() => encode(items(u8), [1, 256])).toThrow(expect.objectContaining({ path: '[1]' }));
});
