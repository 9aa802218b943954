import { describe, expect, test } from 'vitest';
import { encodeBtf } from '../../../src/bpf/btf/encode.js';
import { essentialName } from '../../../src/bpf/btf/essential-name.js';
import { btfSection } from '../../../src/bpf/btf/from-elf.js';
import { LazyBtf } from '../../../src/bpf/btf/lazy.js';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import { resolve, sizeOf } from '../../../src/bpf/btf/resolve.js';
import type { BtfType } from '../../../src/bpf/btf/types.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { BTF_KIND_FUNC, BTF_KIND_STRUCT, BTF_KIND_TYPEDEF, BTF_MAGIC } from '../../../src/uapi/btf.js';
import { DecodeError } from '../../../src/wire/error.js';
import { OBJECTS, objectBytes } from '../../support/objects.js';

const made = (...types: BtfType[]): Uint8Array =>
  encodeBtf({ strings: new StringTable(Uint8Array.of(0)), types: [{ kind: 'void', name: '' }, ...types] });
const struct = (name: string, size: number): BtfType => ({ kind: 'struct', name, size, members: [], kindFlag: false });
const int = (name: string, size: number): BtfType => ({
  ...{ kind: 'int', name, size, encoding: 0, bitOffset: 0, bits: 8 * size },
});

test.each(OBJECTS.filter((name) => !name.endsWith('.nobtf')))('%s is read one by one as it is read at once', (name) => {
  const bytes = btfSection(objectBytes(name));
  const whole = parseBtf(bytes).types;
  const lazy = new LazyBtf(bytes);
  expect(lazy.types.length).toBe(whole.length);
  expect(whole.map((_, id) => lazy.types.at(id))).toEqual(whole);
  expect(lazy.types.at(whole.length)).toBeUndefined();
  for (const { kind, name } of whole) {
    if (name === '' || kind === 'declTag' || kind === 'typeTag') continue;
    expect(lazy.find(kind, name)).toBe(whole.findIndex((type) => type.kind === kind && type.name === name));
  }
});

test('flavours are not part of a name', () => {
  for (const [name, essential] of [
    ['task_struct', 'task_struct'],
    ['task_struct___old', 'task_struct'],
    ['a___b___c', 'a___b'],
    ['___x', '___x'],
    ['a____b', 'a____b'],
    ['a___', 'a___'],
    ['_a___b', '_a'],
    ['', ''],
  ] as const) {
    expect(essentialName(name)).toBe(essential);
  }
});

test('types of one name are found in any flavour', () => {
  const btf = new LazyBtf(
    made(struct('a', 1), struct('b', 1), struct('a___x', 2), int('a', 4), struct('a___x___y', 1)),
  );
  expect(btf.named('a')).toEqual([1, 3, 4]);
  expect(btf.named('a___x')).toEqual([5]);
  expect(btf.named('c')).toEqual([]);
  expect([btf.find('struct', 'a'), btf.find('struct', 'a___x'), btf.find('int', 'a'), btf.find('union', 'a')]).toEqual([
    1, 3, 4, 0,
  ]);
});

test('a pointer is as long as long', () => {
  const pointer: BtfType = { kind: 'ptr', name: '', type: 0 };
  expect(sizeOf(new LazyBtf(made(pointer, int('long unsigned int', 4))), 1)).toBe(4);
  expect(sizeOf(new LazyBtf(made(pointer, int('long int', 8))), 1)).toBe(8);
  expect(sizeOf(new LazyBtf(made(pointer)), 1)).toBe(8);
});

describe('split BTF', () => {
  /** `[name offset, kind, size or type]` each, and the strings behind those of the base. */
  function split(types: readonly (readonly [number, number, number])[], strings: string): Uint8Array {
    const bytes = new Uint8Array(24 + 12 * types.length + strings.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, BTF_MAGIC, true);
    view.setUint8(2, 1);
    for (const [index, word] of [24, 0, 12 * types.length, 12 * types.length, strings.length].entries())
      view.setUint32(4 + 4 * index, word, true);
    for (const [index, [name, kind, word]] of types.entries()) {
      view.setUint32(24 + 12 * index, name, true);
      view.setUint32(28 + 12 * index, kind << 24, true);
      view.setUint32(32 + 12 * index, word, true);
    }
    bytes.set(Buffer.from(strings, 'latin1'), 24 + 12 * types.length);
    return bytes;
  }
  const base = new LazyBtf(made(struct('sk_buff', 232), int('long int', 4)));
  const length = '\0sk_buff\0long int\0'.length;

  test('counts on from its base, types and strings', () => {
    // typedef struct sk_buff nf_conn; struct sk_buff, another one; struct mine; and a function
    const btf = new LazyBtf(
      split(
        [
          [length, BTF_KIND_TYPEDEF, 1],
          [1, BTF_KIND_STRUCT, 8],
          [length + 8, BTF_KIND_STRUCT, 5],
          [length + 8, BTF_KIND_FUNC, 0],
        ],
        'nf_conn\0mine\0',
      ),
      base,
    );
    expect(btf.types.length).toBe(7);
    expect(btf.types.at(3)).toMatchObject({ kind: 'typedef', name: 'nf_conn', type: 1 });
    expect(resolve(btf, 3)).toMatchObject({ id: 1, type: { name: 'sk_buff', size: 232 } });
    expect(btf.named('sk_buff')).toEqual([4]);
    expect([btf.find('struct', 'sk_buff'), btf.find('struct', 'mine'), btf.find('func', 'mine')]).toEqual([4, 5, 6]);
    expect(btf.pointerSize).toBe(4);
  });

  test('may have no types and no strings', () => {
    const btf = new LazyBtf(split([], ''), base);
    expect([btf.types.length, btf.named('sk_buff'), btf.find('struct', 'sk_buff')]).toEqual([3, [], 0]);
  });

  test('does not refer behind its end', () => {
    const btf = new LazyBtf(split([[length, BTF_KIND_STRUCT, 1]], ''), base);
    expect(() => btf.types.at(3)).toThrow(DecodeError);
  });
});

test('what is no BTF is refused', () => {
  const bytes = made(struct('a', 1));
  expect(() => new LazyBtf(bytes.subarray(0, 20))).toThrow(DecodeError);
  expect(() => new LazyBtf(btfSection(objectBytes('legacy_maps.nobtf')))).toThrow('has no section .BTF');
  const unknown = bytes.slice();
  unknown[24 + 7] = 20;
  expect(() => new LazyBtf(unknown).types.length).toThrow('unknown kind 20');
  const twins = made(...Array.from({ length: 2000 }, () => struct('a', 1)));
  expect(() => new LazyBtf(twins).named('a')).toThrow('has more than 1024 types called a');
});
