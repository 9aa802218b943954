import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { BtfType } from '../../../src/bpf/btf/types.js';
import { BpfObject } from '../../../src/bpf/object.js';
import type { MapSpec, ObjectSpec } from '../../../src/bpf/spec.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { generateTypes } from '../../../src/bpf/types-generator.js';
import { run } from '../../../src/command.js';
import { OBJECTS, objectBytes, objectPath } from '../../support/objects.js';

/** Made by `npm run build && node dist/cli.js types test/bpf/NAME.o --out test/types/NAME.ts`. */
const committed = (name: string): string => readFileSync(new URL(`../../types/${name}.ts`, import.meta.url), 'utf8');

describe('the module of an object', () => {
  test.each(['maps', 'globals'])('%s is the one that test/types is compiled with', (name) => {
    expect(generateTypes(BpfObject.open(objectPath(name)).spec)).toBe(committed(name));
  });

  test.each(OBJECTS)('%s has every map and program', (name) => {
    const { spec } = new BpfObject(BpfObject.open(objectBytes(name)).spec);
    const text = generateTypes(spec);
    for (const { name } of [...spec.maps, ...spec.programs])
      expect(text).toContain(`readonly ${/^\w+$/.test(name) ? name : `'${name}'`}: `);
  });

  const map = (name: string, valueSize: number, btfValueTypeId: number, type = 1): MapSpec => ({
    ...{ name, type, keySize: 4, valueSize, maxEntries: 1, flags: 0, extra: 0n, pinning: 'none', readOnly: false },
    ...{ btfKeyTypeId: 0, btfValueTypeId },
  });
  const object = (types: readonly BtfType[], ...maps: MapSpec[]): ObjectSpec => ({
    ...{ name: 'o', license: '', programs: [], maps },
    btf: { types: [{ kind: 'void', name: '' }, ...types], strings: new StringTable(new Uint8Array(1)) },
  });
  const long: BtfType = { kind: 'int', name: 'long', size: 8, encoding: 1, bitOffset: 0, bits: 64 };

  test('has bytes where sizes differ, and values of all CPUs', () => {
    const text = generateTypes(object([long], map('bytes', 4, 1), map('cpus', 8, 1, 5)));
    expect(text).toContain('readonly bytes: { readonly key: Uint8Array; readonly value: Uint8Array };');
    expect(text).toContain('readonly cpus: { readonly key: Uint8Array; readonly value: readonly bigint[] };');
  });

  test('names an anonymous struct as its typedef, and no two things alike', () => {
    const member = { name: 'a', type: 1, bitOffset: 0, bitSize: 0 };
    const anonymous: BtfType = { kind: 'struct', name: '', size: 8, kindFlag: false, members: [member] };
    const typedef = (name: string): BtfType => ({ kind: 'typedef', name, type: 2, kindFlag: false });
    const named: BtfType = { ...anonymous, name: 'o' } as BtfType;
    const text = generateTypes(object([long, anonymous, typedef('some_t'), named], map('x', 8, 3), map('y', 8, 4)));
    expect(text).toContain('/** some_t, 8 bytes */\nexport interface SomeT {\n  readonly a: bigint;\n}\n');
    expect(text).toContain('/** struct o, 8 bytes */\nexport interface O2 {');
    expect(text).toContain('readonly x: { readonly key: Uint8Array; readonly value: SomeT };');
  });

  test('has structs of functions as variables, whose members can be set', () => {
    const text = generateTypes(BpfObject.open(objectPath('struct_ops')).spec);
    expect(text).toContain('readonly nlbpf_ops: {\n      init: string | undefined;');
    expect(text).toContain('      name: string;\n    };');
  });

  test('holds no code from names', () => {
    const evil = "*/ process.exit(1); //'\n`$";
    const member = { name: evil, type: 1, bitOffset: 0, bitSize: 0 };
    const struct: BtfType = { kind: 'struct', name: evil, size: 8, kindFlag: false, members: [member] };
    const text = generateTypes({ ...object([long, struct], map(evil, 8, 2)), name: evil });
    const code = text.replace(/\/\*\*.*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'/g, '');
    expect(code).not.toContain('process.exit');
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nlbpf-types-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const nlbpf = (...args: string[]) => {
    const text = { out: '', err: '' };
    const status = run(args, { out: (part) => (text.out += part), err: (part) => (text.err += part) });
    return { status, ...text };
  };

  test('writes beside the object, and again', () => {
    const path = join(folder, 'maps.o');
    writeFileSync(path, objectBytes('maps'));
    for (const _ of [1, 2])
      expect(nlbpf('types', path)).toEqual({ status: 0, out: `${join(folder, 'maps.ts')}\n`, err: '' });
    expect(readFileSync(join(folder, 'maps.ts'), 'utf8')).toBe(committed('maps'));
  });

  test('writes to the standard output, under another name', () => {
    const { status, out } = nlbpf('types', objectPath('globals'), '--out', '-', '--name', 'Mine');
    expect([status, out.includes('export interface Mine {')]).toEqual([0, true]);
  });

  test('overwrites nothing of others', () => {
    const path = join(folder, 'own.ts');
    writeFileSync(path, 'export {};');
    expect(nlbpf('types', objectPath('maps'), '--out', path)).toMatchObject({ status: 2, out: '' });
    expect(readFileSync(path, 'utf8')).toBe('export {};');
  });

  test.each([
    [[]],
    [['types']],
    [['types', 'a.o', 'b.o']],
    [['other', 'a.o']],
    [['--no-such']],
    [['types', 'a.o', '--name', 'a-b']],
  ])('tells its usage when given %j', (args) => {
    const { status, err } = nlbpf(...args);
    expect([status, err.includes('Usage: nlbpf types OBJECT.o')]).toEqual([2, true]);
  });

  test('tells in one line why it failed', () => {
    const absent = nlbpf('types', join(folder, 'absent.o'));
    expect([absent.status, absent.err.split('\n').length, absent.err]).toEqual([
      1,
      2,
      expect.stringContaining('ENOENT'),
    ]);
    expect(nlbpf('types', new URL(import.meta.url).pathname)).toMatchObject({ status: 1 });
    expect(nlbpf('--help')).toMatchObject({ status: 0 });
  });
});
