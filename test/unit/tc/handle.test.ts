import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatHandle, parseHandle } from '../../../src/tc/index.js';
import { EncodeError } from '../../../src/wire/error.js';

describe('a handle', () => {
  test.each([
    ['none', 0],
    ['root', 0xffffffff],
    ['clsact', 0xfffffff1],
    ['ingress', 0xfffffff2],
    ['egress', 0xfffffff3],
    ['1:', 0x10000],
    ['1:10', 0x10010],
    ['ffff:', 0xffff0000],
    ['8001:ab', 0x800100ab],
  ])('%s is %d', (text, number) => {
    expect(parseHandle(text)).toBe(number);
    expect(formatHandle(number)).toBe(text);
    expect(parseHandle(number)).toBe(number);
  });

  test('may lack its major number, and be written in capitals', () => {
    expect([parseHandle(':10'), parseHandle('FFFF:'), parseHandle('0001:0010')]).toEqual([0x10, 0xffff0000, 0x10010]);
  });

  test('comes back from its text, whatever it is', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (number) => {
        expect(parseHandle(formatHandle(number))).toBe(number);
      }),
    );
  });

  test.each(['', ':', '1', '12345:', '1:12345', '1:g', 'Root', '1:1:1', ' 1:', -1, 2 ** 32, 1.5, null, undefined])(
    '%j is none',
    (wrong) => {
      expect(() => parseHandle(wrong as string)).toThrow(EncodeError);
    },
  );
});
