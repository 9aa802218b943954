import { describe, expect, test } from 'vitest';
import { address } from '../../../src/netlink/address/schema.js';
import { attributes, inline } from '../../../src/netlink/attributes.js';
import { byHeader, choose, list, nested, repeated, reported } from '../../../src/netlink/combinators.js';
import { headed } from '../../../src/netlink/message.js';
import { settable, without } from '../../../src/netlink/request.js';
import { route } from '../../../src/netlink/route/schema.js';
import { NLA_F_NESTED } from '../../../src/uapi/netlink.js';
import { DecodeError, EncodeError } from '../../../src/wire/error.js';
import { flag, u8, u16, u32 as word } from '../../../src/wire/integers.js';
import { decode } from '../../../src/wire/reader.js';
import { struct } from '../../../src/wire/struct.js';
import { text } from '../../../src/wire/text.js';
import { encode } from '../../../src/wire/writer.js';
import { attribute, concat, cstring, u32 } from '../../support/fake-kernel.js';

const one = attributes({ id: [1, word] });
const two = attributes({ name: [1, text] });
const info = attributes({ kind: [1, text], data: [2, choose('kind', { one, two })] });
const set = attributes({
  mtu: [4, word],
  on: [5, flag],
  names: [6, repeated(text)],
  nest: [7, nested(attributes({ inner: [1, u16], items: [2, list(one)] }))],
  info: [8, inline(info)],
  told: [9, reported(word)],
  zero: [0, u8],
});

function pathOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof EncodeError || error instanceof DecodeError) return error.path;
    throw error;
  }
  return 'no error';
}

describe('decoding', () => {
  test('puts attributes of a set side by side, in any order, number 0 included', () => {
    const bytes = concat(
      attribute(6, cstring('a')),
      attribute(4, u32(1500)),
      attribute(6, cstring('b')),
      attribute(5),
      attribute(0, Uint8Array.of(3)),
    );
    expect(decode(set, bytes)).toEqual({ mtu: 1500, on: true, names: ['a', 'b'], zero: 3 });
    expect(decode(set, new Uint8Array())).toEqual({});
  });

  test('ignores the flags of an attribute type, and garbage in the padding', () => {
    const padded = attribute(6, Uint8Array.of(97));
    padded.fill(0xee, 5);
    expect(decode(set, concat(attribute(4 | NLA_F_NESTED, u32(1)), padded))).toEqual({ mtu: 1, names: ['a'] });
  });

  test('the last of several attributes wins where one is meant', () => {
    expect(decode(set, concat(attribute(4, u32(1)), attribute(4, u32(2))))).toEqual({ mtu: 2 });
  });

  test('chooses by a sibling that stands before or behind, and spreads an inlined set', () => {
    const kind = attribute(1, cstring('one'));
    const data = attribute(2, attribute(1, u32(7)));
    for (const payload of [concat(kind, data), concat(data, kind)]) {
      expect(decode(set, attribute(8, payload))).toEqual({ kind: 'one', data: { id: 7 } });
    }
  });

  test('keeps a payload of a kind without a schema among the unknown attributes of its own set', () => {
    const payload = concat(attribute(1, cstring('three')), attribute(2, u32(7)), attribute(77, u32(8)));
    expect(decode(set, attribute(8, payload))).toEqual({
      kind: 'three',
      info: {
        unknown: [
          { type: 77, value: u32(8) },
          { type: 2, value: u32(7) },
        ],
      },
    });
  });

  test('ignores up to three bytes behind the last attribute', () => {
    expect(decode(set, concat(attribute(4, u32(1)), Uint8Array.of(1, 2, 3)))).toEqual({ mtu: 1 });
  });

  test('says where it failed: the path of attributes, and the offset', () => {
    const short = attribute(7, attribute(1, Uint8Array.of(1)));
    expect(pathOf(() => decode(set, short))).toBe('nest.inner');
    expect(() => decode(set, short)).toThrow('nest.inner: needs 2 bytes, has 1 (at byte 8)');
    const late = attribute(8, concat(attribute(2, attribute(1, Uint8Array.of(1))), attribute(1, cstring('one'))));
    expect(pathOf(() => decode(set, late))).toBe('info.data.id');
    expect(() => decode(set, Uint8Array.of(99, 0, 4, 0))).toThrow('mtu: attribute of length 99 where 4 bytes are left');
    expect(() => decode(set, Uint8Array.of(3, 0, 4, 0))).toThrow(DecodeError);
  });
});

describe('encoding', () => {
  test('sends what is there: 0, empty text and false are values, undefined is absent', () => {
    expect(encode(set, { mtu: 0, names: [''] })).toEqual(concat(attribute(4, u32(0)), attribute(6, Uint8Array.of(0))));
    expect(encode(set, { mtu: undefined, on: false, names: undefined })).toEqual(new Uint8Array());
    expect(encode(set, { on: true })).toEqual(attribute(5));
  });

  test('follows the order of the table, and the row about NLA_F_NESTED', () => {
    const bytes = encode(set, { nest: { items: [{ id: 1 }, { id: 2 }], inner: 3 }, mtu: 1 });
    const items = attribute(2, attribute(1, attribute(1, u32(1))), attribute(2, attribute(1, u32(2))));
    const inner = attribute(1, Uint8Array.of(3, 0));
    expect(bytes).toEqual(concat(attribute(4, u32(1)), attribute(7 | NLA_F_NESTED, inner, items)));
  });

  test('of an inlined set leaves its nest out when nothing is in it', () => {
    expect(encode(set, { kind: 'two', data: { name: 'x' } })).toEqual(
      attribute(8, attribute(1, cstring('two')), attribute(2, attribute(1, cstring('x')))),
    );
    expect(encode(set, {})).toEqual(new Uint8Array());
  });

  test('sends unknown attributes again, with the flag that they came with', () => {
    const bytes = concat(
      attribute(8, attribute(1, cstring('three')), attribute(2, u32(7))),
      attribute(60, Uint8Array.of(1, 2, 3)),
      attribute(61 | NLA_F_NESTED, attribute(1, u32(1))),
    );
    const value = decode(set, bytes);
    expect(value.unknown).toEqual([
      { type: 60, value: Uint8Array.of(1, 2, 3) },
      { type: 61, value: attribute(1, u32(1)), nested: true },
    ]);
    expect(encode(set, value)).toEqual(bytes);
  });

  test('says which value is wrong', () => {
    const path = (value: object) => pathOf(() => encode(set, value));
    expect(path({ mtu: -1 })).toBe('mtu');
    expect(path({ nest: { inner: 70_000 } })).toBe('nest.inner');
    expect(path({ nest: { items: [{ id: 1 }, { id: 'x' }] } })).toBe('nest.items[1].id');
    expect(path({ nest: { items: 5 } })).toBe('nest.items');
    expect(path({ names: 'a' })).toBe('names');
    expect(path({ nest: 5 })).toBe('nest');
    expect(path({ kind: 'one', data: { id: -1 } })).toBe('data.id');
    expect(path({ unknown: [{ type: 5, value: 'x' }] })).toBe('unknown[0]');
    expect(path({ unknown: [{ type: 0x8000, value: new Uint8Array() }] })).toBe('unknown[0]');
    expect(path({ unknown: 5 })).toBe('unknown');
    expect(() => encode(set, { data: { id: 1 } } as object)).toThrow(
      'data: needs kind beside it, which says what it is',
    );
    expect(() => encode(set, { kind: 'three', data: {} } as object)).toThrow(
      'data: kind "three" takes no such settings here; known: one, two',
    );
    expect(() => encode(set, { unknown: [{ type: 1, value: new Uint8Array(65_532) }] })).toThrow(
      'unknown[0]: is too long for one attribute: 65536 bytes of at most 65535',
    );
  });
});

describe('settable', () => {
  test('leaves out what the kernel only reports, in the sets within as well', () => {
    const deep = attributes({
      told: [1, reported(word)],
      kept: [2, word],
      nest: [3, attributes({ told: [1, reported(word)], kept: [2, word] })],
      only: [4, attributes({ told: [1, reported(word)] })],
      info: [
        5,
        inline(
          attributes({
            kind: [1, text],
            data: [2, choose('kind', { k: attributes({ told: [1, reported(word)], kept: [2, word] }) })],
          }),
        ),
      ],
    });
    const value = {
      told: 1,
      kept: 2,
      nest: { told: 1, kept: 2 },
      only: { told: 1 },
      kind: 'k',
      data: { told: 1, kept: 2 },
    };
    expect(settable(value, deep)).toEqual({ kept: 2, nest: { kept: 2 }, kind: 'k', data: { kept: 2 } });
    expect(value.nest.told).toBe(1);
  });

  test('and without() keep a member called __proto__, which is refused then', () => {
    const set = attributes({ told: [1, reported(word)], kept: [2, word] });
    const given = JSON.parse('{"told": 1, "else": 2, "__proto__": {"kept": 3}}');
    const message = settable(without(given, 'else'), set);
    expect(Object.keys(message)).toEqual(['__proto__']);
    expect(() => encode(set, message)).toThrow(expect.objectContaining({ path: '__proto__' }));
  });
});

describe('a message', () => {
  const message = headed(
    struct({ family: u8, index: word }),
    attributes({ spec: [1, byHeader('family', { 2: one, 10: two })] }),
  );

  test('chooses by a field of its header', () => {
    expect(decode(message, concat(u32(2, 5), attribute(1, attribute(1, u32(9)))))).toEqual({
      family: 2,
      index: 5,
      spec: { id: 9 },
    });
    expect(decode(message, concat(u32(10, 5), attribute(1, attribute(1, cstring('x')))))).toMatchObject({
      spec: { name: 'x' },
    });
    expect(decode(message, concat(u32(3, 5), attribute(1, u32(1))))).toMatchObject({ unknown: [{ type: 1 }] });
  });

  test('needs its header', () => {
    expect(() => decode(message, new Uint8Array(7))).toThrow('needs a header of 8 bytes, has 7 (at byte 0)');
    expect(() => encode(message, null as unknown as object)).toThrow('must be an object, is null');
  });

  test('has the length of a prefix in its header, and `default` as no attribute at all', () => {
    const bytes = encode(route, { family: 2, dst: '10.1.0.0/16' });
    expect(bytes[1]).toBe(16);
    expect(decode(route, bytes)).toMatchObject({ dst: '10.1.0.0/16', dstLen: 16 });
    const without = encode(route, { family: 2, dst: 'default', dstLen: 16 });
    expect([without.length, without[1]]).toEqual([12, 0]);
    expect(decode(route, without)).toMatchObject({ dst: 'default', dstLen: 0 });
    expect(pathOf(() => encode(route, { dst: '10.0.0.0/99' }))).toBe('dst');
  });

  test('has a table beyond 255 in the attribute alone, and lets the attribute win', () => {
    for (const table of [0, 254, 255, 256, 0xffffffff]) {
      const bytes = encode(route, { table });
      expect(bytes[4]).toBe(table < 256 ? table : 0);
      expect(decode(route, bytes).table).toBe(table);
    }
    expect(decode(route, concat(new Uint8Array(4), Uint8Array.of(9, 0, 0, 0), new Uint8Array(4))).table).toBe(9);
  });

  test('has flags beyond 8 bits in the attribute, and the lower ones in the header', () => {
    const bytes = encode(address, { address: '10.0.0.1/8', flags: 0x282 });
    expect([bytes[1], bytes[2]]).toEqual([8, 0x82]);
    expect(decode(address, bytes)).toMatchObject({ address: '10.0.0.1/8', flags: 0x282 });
  });
});

describe('next hops', () => {
  test('have their own lengths, structs and attributes', () => {
    const multipath = [
      { flags: 0, hops: 0, ifindex: 1, gateway: '10.0.0.1' },
      { flags: 4, hops: 9, ifindex: 2, via: 'fe80::1' },
      { flags: 0, hops: 0, ifindex: 3 },
    ];
    const value = decode(route, encode(route, { multipath }));
    expect(value.multipath).toEqual(multipath);
  });

  test('that are broken are refused, with the path', () => {
    const multipath = (...payload: number[]) => concat(new Uint8Array(12), attribute(9, Uint8Array.from(payload)));
    for (const bytes of [[7, 0, 0, 0, 0, 0, 0, 0], [99, 0, 0, 0, 0, 0, 0, 0], [0], [8, 0, 0, 0, 0, 0, 0]]) {
      expect(() => decode(route, multipath(...bytes))).toThrow(/^multipath: next hop of length \d+, \d+ left/);
    }
    expect(pathOf(() => encode(route, { multipath: [{}, { gateway: 'x' }] }))).toBe('multipath[1].gateway');
    expect(pathOf(() => encode(route, { multipath: 5 as never }))).toBe('multipath');
  });
});
