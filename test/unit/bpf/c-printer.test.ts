import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printC, printHeader } from '../../../src/bpf/btf/c-printer.js';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import { findType, resolve } from '../../../src/bpf/btf/resolve.js';
import type { Btf, BtfComposite, BtfType } from '../../../src/bpf/btf/types.js';
import { parseElf } from '../../../src/bpf/elf.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { DecodeError } from '../../../src/wire/error.js';
import { OBJECTS, objectBytes } from '../../support/objects.js';
import { has } from './tools.js';

const btfIn = (bytes: Uint8Array): Btf => parseBtf(parseElf(bytes).sections.find(({ name }) => name === '.BTF')!.data);
const btfOf = (...types: BtfType[]): Btf => ({
  types: [{ kind: 'void', name: '' }, ...types],
  strings: new StringTable(new Uint8Array(1)),
});
const layouts = btfIn(objectBytes('layouts'));

/** The text, and a variable of each struct so that clang tells of it, compiled. */
function compiled(source: string, names: readonly string[]): Btf {
  const folder = mkdtempSync(join(tmpdir(), 'nlbpf-c-'));
  try {
    const uses = names.map((name, index) => `${name} nlbpf_use_${index};\n`);
    writeFileSync(join(folder, 'types.c'), source + uses.join(''));
    const options = ['-target', 'bpf', '-g', '-O2', '-Wall', '-Werror', '-Wno-visibility', '-c'];
    const { status, stderr } = spawnSync('clang-19', [...options, 'types.c', '-o', 'types.o'], { cwd: folder });
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    return btfIn(readFileSync(join(folder, 'types.o')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A type by what its layout is made of. */
function shape(btf: Btf, id: number): string {
  const { type } = resolve(btf, id);
  if (type.kind === 'array') return `${shape(btf, type.type)}[${type.length}]`;
  if (type.kind === 'struct' || type.kind === 'union') return type.name === '' ? body(btf, type) : type.name;
  if (type.kind === 'enum' || type.kind === 'enum64') {
    return `${type.size} bytes of ${type.values.map(({ name, value }) => `${name}=${value}`)}`;
  }
  return `${type.kind} ${'size' in type ? type.size : type.name}`;
}

const body = (btf: Btf, { kind, size, members }: BtfComposite): string =>
  `${kind} of ${size} {${members.map((m) => `${m.name}@${m.bitOffset}:${m.bitSize} ${shape(btf, m.type)}`).join('; ')}}`;

/** The structs and unions whose name only one has. */
function composites(btf: Btf): Map<string, string> {
  const found = new Map<string, string>();
  const twice = new Set<string>();
  for (const type of btf.types) {
    if ((type.kind !== 'struct' && type.kind !== 'union') || type.name === '') continue;
    const name = `${type.kind} ${type.name}`;
    if (found.has(name)) twice.add(name);
    found.set(name, body(btf, type));
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** Those that clang tells types of when nothing but their types is compiled. */
const WITH_STRUCTS = OBJECTS.filter(
  (name) => !name.endsWith('.nobtf') && composites(btfIn(objectBytes(name))).size > 0,
);

describe.runIf(has('clang-19'))('printed as C and compiled again', () => {
  test.each(['layouts', ...WITH_STRUCTS])('%s has the same types', (name) => {
    const btf = btfIn(objectBytes(name));
    const expected = composites(btf);
    const actual = composites(compiled(printC(btf), [...expected.keys()]));
    for (const [name, text] of expected) expect(`${name}: ${actual.get(name)}`).toBe(`${name}: ${text}`);
  });

  const KERNEL = '/sys/kernel/btf/vmlinux';
  test.runIf(existsSync(KERNEL))('the types of the running kernel are C', { timeout: 60_000 }, () => {
    const source = printC(parseBtf(readFileSync(KERNEL)));
    const options = ['-target', 'bpf', '-fsyntax-only', '-Wall', '-Werror', '-Wno-visibility', '-xc', '-'];
    expect(source).toContain('\nstruct task_struct {\n');
    const { status, stderr } = spawnSync('clang-19', options, { input: source });
    expect([status, stderr.toString()]).toEqual([0, '']);
  });

  test('a header is C as well', () => {
    expect(composites(compiled(printHeader(layouts), ['struct tree'])).get('struct tree')).toBeDefined();
  });

  test('a single type comes with what it needs, and no more', () => {
    const source = printC(layouts, [findType(layouts, 'struct', 'holds_tight')]);
    expect(source.match(/^struct \w+ \{/gm)).toEqual(['struct tight {', 'struct holds_tight {']);
    compiled(source, ['struct holds_tight']);
  });
});

describe('printed as C', () => {
  const int: BtfType = { kind: 'int', name: 'int', size: 4, encoding: 1, bitOffset: 0, bits: 32 };
  const member = (name: string, type: number, bitOffset = 0) => ({ name, type, bitOffset, bitSize: 0 });
  const struct = (name: string, size: number, ...members: BtfComposite['members']): BtfType => ({
    ...{ kind: 'struct', name, size, kindFlag: false, members },
  });

  test('types of one name are numbered, and enumerators too', () => {
    const values = [{ name: 'A', value: 1 }];
    const btf = btfOf(
      int,
      struct('s', 4, member('a', 1)),
      struct('s', 4, member('b', 1)),
      { kind: 'enum', name: '', size: 4, signed: false, values },
      { kind: 'enum', name: 's', size: 4, signed: false, values },
    );
    expect(printC(btf)).toBe(
      'struct s {\n\tint a;\n};\n\nstruct s___2 {\n\tint b;\n};\n\n' +
        'enum {\n\tA = 1,\n};\n\nenum s___3 {\n\tA___2 = 1,\n};\n\n',
    );
  });

  test('a forward declaration has the name of what it declares', () => {
    const btf = btfOf(
      { kind: 'fwd', name: 's', union: false },
      { kind: 'ptr', name: '', type: 1 },
      struct('s', 8, member('next', 2)),
      { kind: 'fwd', name: 'elsewhere', union: true },
    );
    expect(printC(btf)).toBe('struct s;\n\nstruct s {\n\tstruct s *next;\n};\n\nunion elsewhere;\n\n');
  });

  test('tags of pointers stand before the star', () => {
    const btf = btfOf(
      int,
      { kind: 'typeTag', name: 'user', type: 1, kindFlag: false },
      { kind: 'ptr', name: '', type: 2 },
      struct('s', 8, member('p', 3)),
    );
    expect(printC(btf)).toContain('\tint __attribute__((btf_type_tag("user"))) *p;\n');
  });

  test('what compilers have themselves is written out', () => {
    const btf = btfOf(
      int,
      { kind: 'array', name: '', type: 1, indexType: 1, length: 2 },
      { kind: 'typedef', name: '__builtin_va_list', type: 2, kindFlag: false },
      { kind: 'typedef', name: 'va_list', type: 3, kindFlag: false },
    );
    expect(printC(btf)).toBe('typedef int va_list[2];\n\n');
  });

  test("other languages' names become C's", () => {
    const u64: BtfType = { kind: 'int', name: 'u64', size: 8, encoding: 0, bitOffset: 0, bits: 64 };
    const btf = btfOf(u64, struct('core::Option<u64>', 8, member('0', 1)), struct('int', 8, member('type', 1)));
    expect(printC(btf)).toBe(
      'struct core__Option_u64_ {\n\tunsigned long long _0;\n};\n\nstruct int_ {\n\tunsigned long long type;\n};\n\n',
    );
  });

  test('functions and variables are declared', () => {
    const btf = btfOf(
      int,
      {
        kind: 'funcProto',
        name: '',
        type: 1,
        params: [
          { name: 'a', type: 1 },
          { name: '', type: 0 },
        ],
      },
      { kind: 'func', name: 'f', type: 2, linkage: 1 },
      { kind: 'var', name: 'v', type: 1, linkage: 1 },
    );
    expect(printC(btf, [3, 4])).toBe('int f(int a, ...);\nextern int v;\n');
  });

  test('a named struct without a name as a member is written out, which every compiler takes', () => {
    const btf = btfOf(int, struct('inner', 4, member('a', 1)), struct('outer', 4, member('', 2)));
    expect(printC(btf, [3])).toContain('struct outer {\n\tstruct {\n\t\tint a;\n\t};\n};\n');
  });

  const pair = (id: number): BtfType => struct('', 8, member('a', id), member('b', id));
  test.each<[string, Btf, number]>([
    ['a struct within itself', btfOf(struct('', 4, member('a', 1))), 1],
    ['a named struct within itself', btfOf(struct('s', 4, member('a', 1))), 1],
    ['a pointer to itself', btfOf({ kind: 'ptr', name: '', type: 1 }), 1],
    ['an array of itself', btfOf({ kind: 'array', name: '', type: 1, indexType: 1, length: 2 }), 1],
    ['a const of itself', btfOf({ kind: 'const', name: '', type: 1, kindFlag: false }), 1],
    ['a function that returns itself', btfOf({ kind: 'funcProto', name: '', type: 1, params: [] }), 1],
    ['doubling at each level', btfOf(...Array.from({ length: 40 }, (_, i) => pair(i + 2)), int), 1],
    ['gaps without end', btfOf(int, struct('s', 0xffffffff, member('a', 1, 0), member('b', 1, 0xffffff00))), 2],
    ['a member without a size', btfOf(struct('s', 4, member('a', 2)), { kind: 'fwd', name: 'f', union: false }), 1],
    [
      'a very long chain',
      btfOf(...Array.from({ length: 1e5 }, (_, i): BtfType => ({ kind: 'ptr', name: '', type: i + 2 })), int),
      1,
    ],
  ])('%s is refused', (_, btf, id) => {
    expect(() => printC(btf, [id])).toThrow(DecodeError);
  });
});
