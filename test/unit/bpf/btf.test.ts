import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeBtf } from '../../../src/bpf/btf/encode.js';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import { findType, resolve, sizeOf } from '../../../src/bpf/btf/resolve.js';
import { sanitizeBtf } from '../../../src/bpf/btf/sanitize.js';
import type { Btf, BtfComposite, BtfKind, BtfType } from '../../../src/bpf/btf/types.js';
import { parseElf } from '../../../src/bpf/elf.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { DecodeError } from '../../../src/wire/error.js';
import { runJson } from '../../support/command.js';
import { OBJECTS, objectBytes, objectPath } from '../../support/objects.js';
import { has } from './tools.js';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const withBtf = OBJECTS.filter((name) => !name.endsWith('.nobtf'));
const section = (name: string): Uint8Array =>
  parseElf(objectBytes(name)).sections.find((section) => section.name === '.BTF')!.data;

/** One type of every kind, and every flag of each that has some. */
const EVERY_KIND: readonly BtfType[] = [
  { kind: 'void', name: '' },
  { kind: 'int', name: 'int', size: 4, encoding: 1, bitOffset: 0, bits: 32 },
  { kind: 'ptr', name: '', type: 0 },
  { kind: 'array', name: '', type: 1, indexType: 1, length: 0xffffffff },
  {
    kind: 'struct',
    name: 'fields',
    size: 8,
    kindFlag: true,
    members: [
      { name: 'a', type: 1, bitOffset: 0, bitSize: 3 },
      { name: 'b', type: 1, bitOffset: 3, bitSize: 29 },
    ],
  },
  {
    kind: 'struct',
    name: 'Größe',
    size: 4,
    kindFlag: false,
    members: [{ name: '', type: 1, bitOffset: 0, bitSize: 0 }],
  },
  { kind: 'union', name: '', size: 4, kindFlag: false, members: [] },
  { kind: 'enum', name: 'signed', size: 4, signed: true, values: [{ name: 'A', value: -1 }] },
  { kind: 'enum', name: 'unsigned', size: 4, signed: false, values: [{ name: 'B', value: 0xffffffff }] },
  { kind: 'fwd', name: 'u', union: true },
  { kind: 'typedef', name: 'word', type: 1, kindFlag: false },
  { kind: 'volatile', name: '', type: 10, kindFlag: false },
  { kind: 'const', name: '', type: 11, kindFlag: false },
  { kind: 'restrict', name: '', type: 2, kindFlag: false },
  {
    kind: 'funcProto',
    name: '',
    type: 1,
    params: [
      { name: 'x', type: 1 },
      { name: '', type: 0 },
    ],
  },
  { kind: 'func', name: 'f', type: 14, linkage: 1 },
  { kind: 'var', name: 'v', type: 1, linkage: 1 },
  { kind: 'datasec', name: '.data', size: 4, variables: [{ type: 16, offset: 0, size: 4 }] },
  { kind: 'float', name: 'double', size: 8 },
  { kind: 'declTag', name: 'tag', type: 5, component: -1, kindFlag: false },
  { kind: 'typeTag', name: 'user', type: 1, kindFlag: true },
  { kind: 'enum64', name: 's', size: 8, signed: true, values: [{ name: 'C', value: -(2n ** 40n) }] },
  { kind: 'enum64', name: 'u', size: 8, signed: false, values: [{ name: 'D', value: 2n ** 64n - 1n }] },
];
const every: Btf = { types: EVERY_KIND, strings: new StringTable(new Uint8Array(1)) };

describe('BTF', () => {
  test('of all 19 kinds is read as it was written', () => {
    expect(new Set(EVERY_KIND.map(({ kind }) => kind)).size).toBe(20);
    expect(parseBtf(encodeBtf(every)).types).toEqual(EVERY_KIND);
  });

  test.each(withBtf)('of %s is written as it was read', (name) => {
    const written = encodeBtf(parseBtf(section(name)));
    expect(parseBtf(written).types).toEqual(parseBtf(section(name)).types);
    // The order of strings is that of clang and pahole.
    if (!name.endsWith('.gcc')) expect(written).toEqual(section(name));
  });

  test.runIf(existsSync(VMLINUX))('of the kernel is written as it was read', { timeout: 60_000 }, () => {
    const bytes = new Uint8Array(readFileSync(VMLINUX));
    expect(Buffer.compare(encodeBtf(parseBtf(bytes)), bytes)).toBe(0);
  });

  test.runIf(has('bpftool')).each(withBtf)('of %s says what bpftool says', (name) => {
    const { types } = runJson('bpftool', '-j', 'btf', 'dump', 'file', objectPath(name)) as { types: Theirs[] };
    const ours = parseBtf(section(name)).types.slice(1);
    expect(ours.map(brief)).toEqual(types.map(briefTheirs));
  });
});

/** What bpftool prints of a type. */
interface Theirs {
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly type_id?: number;
  readonly ret_type_id?: number;
  readonly members?: readonly { name: string; type_id: number; bits_offset: number; bitfield_size?: number }[];
  readonly values?: readonly { name: string; val: number }[];
  readonly params?: readonly { name: string; type_id: number }[];
  readonly vars?: readonly { type_id: number; offset: number; size: number }[];
}

const brief = (type: BtfType): unknown => [
  type.kind.toLowerCase(),
  type.name,
  'size' in type ? type.size : undefined,
  'type' in type ? type.type : undefined,
  'members' in type ? type.members.map(({ name, type, bitOffset, bitSize }) => [name, type, bitOffset, bitSize]) : [],
  'values' in type ? type.values.map(({ name, value }) => [name, Number(value)]) : [],
  'params' in type ? type.params.map(({ name, type }) => [name, type]) : [],
  'variables' in type ? type.variables.map(({ type, offset, size }) => [type, offset, size]) : [],
];

const named = (name: string): string => (name === '(anon)' ? '' : name);
const briefTheirs = (type: Theirs): unknown => [
  type.kind.replace('_', '').toLowerCase(),
  named(type.name),
  type.size,
  type.type_id ?? type.ret_type_id,
  (type.members ?? []).map((m) => [named(m.name), m.type_id, m.bits_offset, m.bitfield_size ?? 0]),
  (type.values ?? []).map(({ name, val }) => [name, val]),
  (type.params ?? []).map(({ name, type_id }) => [named(name), type_id]),
  (type.vars ?? []).map(({ type_id, offset, size }) => [type_id, offset, size]),
];

describe('types', () => {
  const btf = parseBtf(section('maps'));

  test('are found by kind and name, and sized through typedefs, qualifiers and arrays', () => {
    const everything = findType(btf, 'struct', 'everything');
    expect(sizeOf(btf, everything)).toBe(128);
    const points = (btf.types[everything] as BtfComposite).members.find(({ name }) => name === 'points')!;
    expect(sizeOf(btf, points.type)).toBe(16);
    expect(resolve(btf, findType(btf, 'typedef', 'fixed_point')).type).toMatchObject({ kind: 'struct', name: 'point' });
    expect(findType(btf, 'struct', 'nothing')).toBe(0);
  });

  test.each<[string, readonly BtfType[], string]>([
    ['a typedef of itself', [{ kind: 'typedef', name: 't', type: 1, kindFlag: false }], 'more than 32 types deep'],
    ['an array of itself', [{ kind: 'array', name: '', type: 1, indexType: 1, length: 2 }], 'more than 32 types deep'],
    ['a function', [{ kind: 'func', name: 'f', type: 0, linkage: 0 }], 'has no size'],
    [
      'too large an array',
      [
        { kind: 'array', name: '', type: 2, indexType: 2, length: 0x40000001 },
        { kind: 'int', name: 'int', size: 4, encoding: 0, bitOffset: 0, bits: 32 },
      ],
      'larger than 4 GiB',
    ],
  ])('%s has no size', (_, types, message) => {
    const btf: Btf = { ...every, types: [EVERY_KIND[0]!, ...types] };
    expect(() => sizeOf(btf, 1)).toThrow(DecodeError);
    expect(() => sizeOf(btf, 1)).toThrow(message);
  });
});

describe('for older kernels', () => {
  const unknown = new Set<BtfKind>(['var', 'datasec', 'float', 'declTag', 'typeTag', 'enum64']);

  test('unknown kinds become known ones of the same size, under the same number', () => {
    const sanitized = sanitizeBtf(every, unknown);
    expect(sanitized.types.filter(({ kind }) => unknown.has(kind))).toEqual([]);
    expect(sizeOf(sanitized, 17)).toBe(sizeOf(every, 17));
    const again = parseBtf(encodeBtf(sanitized)).types.map((type) => (type.name === 'signed' ? null : type));
    expect(again).toEqual(sanitized.types.map((type) => (type.name === 'signed' ? null : type)));
  });

  test('enums lose their sign where there are none of 64 bits, but not their values', () => {
    const [type] = sanitizeBtf(every, unknown).types.filter(({ name }) => name === 'signed');
    expect(type).toMatchObject({ kind: 'enum', signed: false, values: [{ name: 'A', value: -1 }] });
  });

  test('global functions become static ones', () => {
    expect(sanitizeBtf(every, new Set(['globalFunc'] as const)).types[15]).toMatchObject({ kind: 'func', linkage: 0 });
  });

  test('nothing changes when the kernel knows everything', () => {
    expect(sanitizeBtf(every, new Set())).toBe(every);
  });
});

describe('damaged BTF is refused', () => {
  const good = encodeBtf(every);
  const poke = (at: number, ...values: number[]): Uint8Array => {
    const bytes = good.slice();
    bytes.set(values, at);
    return bytes;
  };

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'BTF header is cut short (at byte 0)'],
    ['another magic', poke(0, 0), 'not BTF (at byte 0)'],
    ['big endian', poke(0, 0xeb, 0x9f), 'big-endian BTF'],
    ['another version', poke(2, 9), 'BTF version 9, not 1 (at byte 2)'],
    ['a short header', poke(4, 20), 'BTF header of 20 bytes'],
    ['a long header', poke(4, 0, 0, 1), 'BTF header of 65536 bytes'],
    ['types outside', poke(12, 0xff, 0xff), 'names bytes 24 to'],
    ['types that are not aligned', poke(8, 2), 'not aligned'],
    ['types within strings', poke(16, 0), 'overlap'],
    ['strings without end', good.subarray(0, good.length - 1), 'names bytes'],
    ['an unknown kind', poke(24 + 7, 20), 'unknown kind 20 (at byte 28)'],
    ['a name outside', poke(24, 0xff, 0xff), 'string offset 65535 is outside of the table'],
    [
      'a type that is not there',
      poke(24 + 16 + 8, 99),
      'type 2 (ptr) refers to type 99, which is not there (at byte 40)',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => parseBtf(bytes)).toThrow(DecodeError);
    expect(() => parseBtf(bytes)).toThrow(message);
  });
});
