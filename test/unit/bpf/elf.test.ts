import { describe, expect, test } from 'vitest';
import { parseElf } from '../../../src/bpf/elf.js';
import { SHT_NOBITS, SHT_SYMTAB, STB_GLOBAL, STT_FUNC, STT_OBJECT } from '../../../src/uapi/elf.js';
import { DecodeError } from '../../../src/wire/error.js';
import { runJson } from '../../support/command.js';
import { OBJECTS, objectBytes, objectPath } from '../../support/objects.js';
import { has } from './tools.js';

describe('an ELF object', () => {
  test('has its sections as views into the file', () => {
    const bytes = objectBytes('globals');
    const { sections } = parseElf(bytes);
    const data = sections.find(({ name }) => name === '.data')!;
    expect(data).toMatchObject({ size: 4, data: Uint8Array.of(5, 0, 0, 0), relocations: [] });
    expect(data.data.buffer).toBe(bytes.buffer);
    expect(sections.find(({ name }) => name === '.bss')).toMatchObject({
      type: SHT_NOBITS,
      size: 40,
      data: new Uint8Array(),
    });
  });

  test('has symbols with their place', () => {
    const { sections, symbols } = parseElf(objectBytes('functions'));
    const tc = sections.findIndex(({ name }) => name === 'tc');
    const two = symbols.find(({ name }) => name === 'two');
    const counters = symbols.find(({ name }) => name === 'counters');
    expect(two).toMatchObject({ bind: STB_GLOBAL, type: STT_FUNC, section: tc });
    expect(counters).toMatchObject({ bind: STB_GLOBAL, type: STT_OBJECT, value: 0, size: 32 });
  });

  test('has relocations by the section they patch', () => {
    const { sections } = parseElf(objectBytes('functions'));
    const tc = sections.find(({ name }) => name === 'tc')!;
    expect(tc.relocations.map(({ type, symbol }) => [type, symbol.name])).toEqual([
      [10, 'first'],
      [10, 'second'],
      [10, 'second'],
    ]);
  });

  test.runIf(has('llvm-readelf-19')).each(OBJECTS)('%s reads as llvm-readelf reads it', (name) => {
    const options = ['-S', '-s', '-r', '--elf-output-style=JSON'];
    const [theirs] = runJson('llvm-readelf-19', ...options, objectPath(name)) as [Record<string, unknown[]>];
    const { sections, symbols } = parseElf(objectBytes(name));
    const field = (value: unknown, ...keys: string[]): unknown =>
      keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
    expect(sections.map(({ name, type, size, link, info }) => [name, type, size, link, info]).slice(1)).toEqual(
      theirs['Sections']!.slice(1).map((entry) =>
        [['Name', 'Name'], ['Type', 'Value'], ['Size'], ['Link'], ['Info']].map((keys) =>
          field(entry, 'Section', ...keys),
        ),
      ),
    );
    expect(symbols.map(({ name, value, size, section }) => [name, value, size, section])).toEqual(
      theirs['Symbols']!.map((entry) =>
        [['Name', 'Name'], ['Value'], ['Size'], ['Section', 'Value']].map((keys) => field(entry, 'Symbol', ...keys)),
      ),
    );
    const count = theirs['Relocations']!.flatMap((entry) => field(entry, 'Relocs') as unknown[]).length;
    expect(sections.flatMap(({ relocations }) => relocations)).toHaveLength(count);
  });
});

describe('what is no BPF object is refused', () => {
  const poke = (at: number, ...values: number[]): Uint8Array => {
    const bytes = objectBytes('maps');
    bytes.set(values, at);
    return bytes;
  };

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'not an ELF file (at byte 0)'],
    ['text', new TextEncoder().encode('#!/bin/sh\n'), 'not an ELF file (at byte 0)'],
    ['the first bytes', objectBytes('maps').subarray(0, 40), 'ELF header is cut short (at byte 40)'],
    ['half of it', objectBytes('maps').subarray(0, 4000), 'of a file of 4000'],
    ['32 bits', poke(4, 1), 'not a 64-bit ELF file (at byte 4)'],
    ['big endian', poke(5, 2), 'is a big-endian object'],
    ['for x86-64', poke(18, 62, 0), 'is for machine 62, not for BPF (247)'],
    ['linked', poke(16, 2, 0), 'not a relocatable object'],
    ['headers of another size', poke(58, 40, 0), 'section headers have 40 bytes'],
    ['names in a section that is not there', poke(62, 200, 0), 'section 200'],
  ])('%s', (_, bytes, message) => {
    expect(() => parseElf(bytes)).toThrow(DecodeError);
    expect(() => parseElf(bytes)).toThrow(message);
  });

  test('sections that share their bytes, which would multiply the memory needed', () => {
    const bytes = objectBytes('maps');
    const view = new DataView(bytes.buffer);
    const headers = Number(view.getBigUint64(40, true));
    for (let index = 1; index < view.getUint16(60, true); index++) {
      view.setBigUint64(headers + 64 * index + 24, 0n, true);
      view.setBigUint64(headers + 64 * index + 32, BigInt(bytes.length), true);
    }
    expect(() => parseElf(bytes)).toThrow('sections overlap');
  });

  test('a first section header, which is to be empty, that claims to be a table of symbols without end', () => {
    const bytes = objectBytes('maps');
    const view = new DataView(bytes.buffer);
    const first = Number(view.getBigUint64(40, true));
    view.setUint32(first + 4, SHT_SYMTAB, true);
    view.setBigUint64(first + 32, 2n ** 60n, true);
    expect(() => parseElf(bytes)).toThrow('relocation by symbol');
  });
});
