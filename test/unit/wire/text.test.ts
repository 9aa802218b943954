import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, fixedBytes, hex } from '../../../src/wire/bytes.js';
import { EncodeError } from '../../../src/wire/error.js';
import { decode } from '../../../src/wire/reader.js';
import { fixedText, text, textUpTo } from '../../../src/wire/text.js';
import { encode } from '../../../src/wire/writer.js';

const withoutNul = fc
  .string({ unit: 'binary' })
  .filter((value) => !value.includes('\0') && Buffer.from(value).toString() === value);

describe('text', () => {
  test('is UTF-8 with a NUL', () => {
    expect(encode(text, 'eth0')).toEqual(Uint8Array.of(101, 116, 104, 48, 0));
    expect(encode(text, '')).toEqual(Uint8Array.of(0));
    fc.assert(
      fc.property(withoutNul, (value) => {
        expect(encode(text, value)).toEqual(new Uint8Array(Buffer.from(`${value}\0`, 'utf8')));
        expect(decode(text, encode(text, value))).toBe(value);
      }),
    );
  });

  test('ends at the first NUL, or where the payload does: the kernel does not always send the NUL', () => {
    expect(decode(text, Buffer.from('veth'))).toBe('veth');
    expect(decode(text, Buffer.from('veth\0garbage'))).toBe('veth');
    expect(decode(text, Buffer.from('hällo\0\xff', 'utf8'))).toBe('hällo');
    expect(decode(text, new Uint8Array())).toBe('');
    expect(decode(text, Buffer.from('\ufeffbom\0'))).toBe('\ufeffbom');
  });

  test('with bytes that are no UTF-8 is still text', () => {
    expect(decode(text, Uint8Array.of(65, 0xff, 66))).toBe('A\ufffdB');
  });

  test('refuses what is no string, a NUL inside, and what is too long, counted in bytes', () => {
    expect(() => encode(text, 5 as unknown as string)).toThrow('must be a string, is 5');
    expect(() => encode(text, 'a\0b')).toThrow('must not contain a NUL character');
    expect(() => encode(textUpTo(15), 'sixteen-bytes-xx')).toThrow(
      'must be at most 15 bytes long, "sixteen-bytes-xx" has 16',
    );
    expect(encode(textUpTo(15), 'fifteen-bytes-x').length).toBe(16);
    expect(() => encode(textUpTo(3), 'ää')).toThrow(EncodeError);
    expect(() => encode(text, 'x'.repeat(0x10000))).toThrow(EncodeError);
  });
});

describe('fixedText', () => {
  const char8 = fixedText(8);

  test('is padded with NULs, and leaves room for one', () => {
    expect(encode(char8, 'abc')).toEqual(Uint8Array.of(97, 98, 99, 0, 0, 0, 0, 0));
    expect(decode(char8, encode(char8, 'abcdefg'))).toBe('abcdefg');
    expect(() => encode(char8, 'abcdefgh')).toThrow('must be at most 7 bytes long');
    expect(decode(fixedText(4, false), encode(fixedText(4, false), 'abcd'))).toBe('abcd');
  });

  test('overwrites what was there before', () => {
    const view = new DataView(new Uint8Array(8).fill(255).buffer);
    char8.write(view, 0, 'x');
    expect(new Uint8Array(view.buffer)).toEqual(Uint8Array.of(120, 0, 0, 0, 0, 0, 0, 0));
  });
});

describe('bytes', () => {
  test('are copied both ways', () => {
    const source = Uint8Array.of(1, 2, 3);
    const value = decode(bytes, source);
    source[0] = 9;
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
    const pooled = Buffer.from([4, 5]);
    const read = decode(bytes, pooled);
    pooled[0] = 9;
    expect(read[0]).toBe(4);
    expect(encode(bytes, value)).toEqual(value);
    expect(() => encode(bytes, [1, 2] as unknown as Uint8Array)).toThrow('must be a Uint8Array, is an object');
  });

  test('of a fixed number are checked', () => {
    expect(decode(fixedBytes(2), Uint8Array.of(1, 2))).toEqual(Uint8Array.of(1, 2));
    expect(() => encode(fixedBytes(2), Uint8Array.of(1))).toThrow('must have 2 bytes, has 1');
    expect(() => encode(fixedBytes(2), 'ab' as unknown as Uint8Array)).toThrow('must be a Uint8Array, is "ab"');
  });

  test('as hexadecimal text', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (value) => {
        expect(decode(hex, value)).toBe(Buffer.from(value).toString('hex'));
        expect(encode(hex, decode(hex, value))).toEqual(value);
      }),
    );
    for (const wrong of ['abc', 'xx', 'ab ', 5]) expect(() => encode(hex, wrong as string)).toThrow(EncodeError);
  });
});
