import { isIP, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as A from '../../../src/wire/address.js';
import { DecodeError, EncodeError } from '../../../src/wire/error.js';
import { decode } from '../../../src/wire/reader.js';
import { encode } from '../../../src/wire/writer.js';

const v4Bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** Many zero groups, as real addresses have. */
const v6Bytes = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])));
/** Nearly addresses: made of the characters of addresses. */
const soup = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEFg:.:.::/%x \t\x10\u0130'), maxLength: 24 });

/** The URL parser's normal form: RFC 5952 but for v4-mapped addresses, which it writes in hexadecimal. */
const asUrl = (text: string): string => new URL(`http://[${text}]`).hostname.slice(1, -1);

describe('IPv4', () => {
  test('is read and written as the URL parser does it', () => {
    fc.assert(
      fc.property(v4Bytes, (bytes) => {
        const text = A.formatIpv4(bytes);
        expect(isIPv4(text)).toBe(true);
        expect(new URL(`http://${text}`).hostname).toBe(text);
        expect(A.parseIpv4(text)).toEqual(bytes);
        expect(A.parseIp(text)).toEqual(bytes);
      }),
    );
  });

  test('is what node:net says it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          fc.array(fc.nat(300), { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.')),
        ),
        (text) => {
          expect(A.parseIpv4(text) !== undefined).toBe(isIPv4(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.',
    '.1.2.3.4',
    '1..2.3',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1.2.3.-4',
    '１.2.3.4',
  ])('is not %j', (text) => {
    expect(A.parseIpv4(text)).toBeUndefined();
    expect(() => encode(A.ipv4, text)).toThrow(
      `must be an IPv4 address such as '10.0.0.1', is ${JSON.stringify(text)}`,
    );
  });
});

describe('IPv6', () => {
  test('is written as the URL parser does it, v4-mapped addresses apart', () => {
    fc.assert(
      fc.property(v6Bytes, (bytes) => {
        const text = A.formatIpv6(bytes);
        expect(isIPv6(text)).toBe(true);
        expect(A.parseIpv6(text)).toEqual(bytes);
        if (text.startsWith('::ffff:') && text.includes('.')) expect(asUrl(text)).toMatch(/^::ffff:/);
        else expect(text).toBe(asUrl(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('is what node:net says it is', () => {
    const groups = fc.array(
      fc.oneof(
        fc.nat(0x1ffff).map((n) => n.toString(16)),
        fc.constant(''),
        fc.constant('1.2.3.4'),
      ),
      {
        minLength: 2,
        maxLength: 10,
      },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          groups.map((parts) => parts.join(':')),
        ),
        (text) => {
          // A zone (fe80::1%eth0) is no part of an address on the wire.
          if (!text.includes('%')) expect([text, A.parseIpv6(text) !== undefined]).toEqual([text, isIPv6(text)]);
        },
      ),
      { numRuns: 5000 },
    );
  });

  // RFC 5952, section 4 and 5; RFC 4291, section 2.2
  test.each([
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:DB8:AAAA::1', '2001:db8:aaaa::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:C000:0201', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['ff02::1:ff00:0', 'ff02::1:ff00:0'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ])('%s is written %s', (text, normal) => {
    expect(A.formatIpv6(A.parseIpv6(text)!)).toBe(normal);
    expect(decode(A.ipv6, encode(A.ipv6, text))).toBe(normal);
  });

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '::g',
    '1:2:3:4:5:6:7:8::',
    '::1:',
    ':1::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1.2.3.4',
    'fe80::1%eth0',
    ' ::1',
    '::1 ',
    '\x10::1',
    '::\x11',
    '1:2:3:4:5:6:7:1.2.3.4',
  ])('is not %j', (text) => {
    expect(isIPv6(text) && !text.includes('%')).toBe(false);
    expect(A.parseIpv6(text)).toBeUndefined();
    expect(() => encode(A.ipv6, text)).toThrow(EncodeError);
  });
});

describe('ip', () => {
  test('has the length that its text says', () => {
    expect(encode(A.ip, '10.0.0.1')).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(encode(A.ip, '::1').length).toBe(16);
    expect(decode(A.ip, Uint8Array.of(10, 0, 0, 1))).toBe('10.0.0.1');
    expect(decode(A.ip, new Uint8Array(16))).toBe('::');
    expect(() => decode(A.ip, new Uint8Array(5))).toThrow('not an IP address: 5 bytes (at byte 0)');
    for (const wrong of ['', 'localhost', 5, null]) {
      expect(isIP(String(wrong))).toBe(0);
      expect(() => encode(A.ip, wrong as string)).toThrow(EncodeError);
    }
    expect(() => encode(A.ip, 'x')).toThrow("must be an IP address such as '10.0.0.1' or '2001:db8::1', is \"x\"");
  });
});

describe('a link-layer address', () => {
  test('has any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const text = decode(A.mac, bytes);
        expect(encode(A.mac, text)).toEqual(bytes);
        if (bytes.length === 4 || bytes.length === 16) return;
        expect(text).toBe([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
      }),
    );
  });

  test('of a tunnel is an IP address', () => {
    expect(decode(A.mac, Uint8Array.of(10, 2, 1, 1))).toBe('10.2.1.1');
    expect(decode(A.mac, new Uint8Array(16))).toBe('::');
    expect(encode(A.mac, '2401:db02::1')).toHaveLength(16);
    expect(encode(A.mac, '0a:02:01:01')).toEqual(Uint8Array.of(10, 2, 1, 1));
  });

  test('is pairs of hexadecimal digits, in either case', () => {
    expect(encode(A.mac, '02:00:5E:10:00:01')).toEqual(Uint8Array.of(2, 0, 0x5e, 0x10, 0, 1));
    for (const wrong of ['2:0:5e:10:0:1', '02-00-5e-10-00-01', '02:00:5e:10:00:', '02:00:5e:10:00:0g', 5]) {
      expect(() => encode(A.mac, wrong as string)).toThrow(/^must be a link-layer address such as '02:00:00:00:00:01'/);
    }
  });

  test('of Ethernet in a struct has six bytes', () => {
    expect(decode(A.etherAddress, encode(A.etherAddress, '02:00:5e:10:00:01'))).toBe('02:00:5e:10:00:01');
    expect(() => encode(A.etherAddress, '02:00:5e:10:00')).toThrow('must be an Ethernet address');
    expect(() => decode(A.etherAddress, new Uint8Array(5))).toThrow(DecodeError);
  });
});

describe('a prefix', () => {
  test('is an address and a length', () => {
    expect(A.parsePrefix('10.0.0.0/24')).toEqual({ address: Uint8Array.of(10, 0, 0, 0), length: 24 });
    expect(A.parsePrefix('10.0.0.1').length).toBe(32);
    expect(A.parsePrefix('::/0')).toEqual({ address: new Uint8Array(16), length: 0 });
    expect(A.parsePrefix('::1').length).toBe(128);
    expect(A.parsePrefix('10.0.0.0/08').length).toBe(8);
  });

  test.each([
    ['10.0.0.0/33', 'must have a prefix length from 0 to 32, is "10.0.0.0/33"'],
    ['::/129', 'must have a prefix length from 0 to 128, is "::/129"'],
    ['10.0.0.0/', 'must have a prefix length from 0 to 32, is "10.0.0.0/"'],
    ['10.0.0.0/-1', 'must have a prefix length from 0 to 32, is "10.0.0.0/-1"'],
    ['10.0.0.0/1e1', 'must have a prefix length from 0 to 32, is "10.0.0.0/1e1"'],
    ['10.0.0.0/255.0.0.0', 'must have a prefix length from 0 to 32, is "10.0.0.0/255.0.0.0"'],
    ['10.0.0/8', 'must be a prefix such as \'10.0.0.0/24\', is "10.0.0/8"'],
    ['', 'must be a prefix such as \'10.0.0.0/24\', is ""'],
    [5, "must be a prefix such as '10.0.0.0/24', is 5"],
  ])('%j is refused', (text, message) => {
    expect(() => A.parsePrefix(text)).toThrow(new EncodeError(message));
  });

  test('takes its length from the header field, where there is one', () => {
    const codec = A.prefix('dstLen', 'default');
    expect(codec.header?.of('10.0.0.0/24')).toBe(24);
    expect(codec.header?.of('default')).toBe(0);
    expect([codec.omits?.('default'), codec.omits?.('10.0.0.0/24'), codec.absent]).toEqual([true, false, 'default']);
    expect(decode(codec, Uint8Array.of(10, 0, 0, 0))).toBe('10.0.0.0/32');
  });
});
