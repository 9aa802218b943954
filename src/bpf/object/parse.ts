import { DecodeError } from '../../wire/error.js';
import { parseBtfExt } from '../btf/ext.js';
import { hideSymbols, placeVariables } from '../btf/from-symbols.js';
import { parseBtf } from '../btf/parse.js';
import { type ElfSection, parseElf } from '../elf.js';
import { sectionRule } from '../section-names.js';
import type { ObjectSpec, ProgramSpec } from '../spec.js';
import { withCallbacks } from './exception-callbacks.js';
import { findExterns, placeKconfig } from './externs.js';
import { type Functions, findFunctions, type PlacedFunction } from './functions.js';
import { jumpTableSection } from './jump-tables.js';
import { linkLegacyMaps } from './legacy-links.js';
import { findMaps, mapFinder } from './maps.js';
import { resolveRelocations } from './relocations.js';
import { withSlots } from './slots.js';

/**
 * Reads a BPF object file: what clang or GCC makes of BPF C with `-target bpf -c`, for libbpf or for older loaders.
 *
 * @param name the file's name without folder and suffix, which the kernel's names of its global data begin with.
 * @throws DecodeError when it is not such a file, is damaged, or says what cannot be meant.
 */
export function parseObject(bytes: Uint8Array, name = ''): ObjectSpec {
  const elf = parseElf(bytes);
  const sections = new Map(elf.sections.map((section) => [section.name, section]));
  const raw = within(sections.get('.BTF'), parseBtf);
  const externs = findExterns(elf, raw);
  const btf = raw && placeKconfig(hideSymbols(placeVariables(raw, elf), elf), externs);
  const ext = raw && within(sections.get('.BTF.ext'), (data) => parseBtfExt(data, raw.strings));
  const functions = findFunctions(elf, ext);
  const maps = findMaps(elf, btf, externs, functions);
  const programs = withCallbacks(findPrograms(functions), functions, btf);
  const mapNames = maps.map(({ spec }) => spec.name);
  const programNames = programs.map((program) => program.name);
  refuseTwins('maps', mapNames);
  refuseTwins('programs', programNames);
  const findMap = mapFinder(maps);
  const known = new Map(externs.map((extern) => [extern.name, extern]));
  resolveRelocations({ functions, findMap, findExtern: (name) => known.get(name), jumpTables: jumpTableSection(elf) });
  const version = readVersion(sections.get('version'));
  return {
    name,
    license: readLicense(sections.get('license')),
    ...(version === undefined ? {} : { version }),
    // bpf_obj_hash (lib/bpf_legacy.c of iproute2, v6.12)
    ...(maps.some(({ spec }) => spec.pinning === 'object') ? { hash: sha1(bytes) } : {}),
    ...(btf === undefined ? {} : { btf }),
    maps: linkLegacyMaps(withSlots(maps, elf, functions, findMap), programs),
    programs,
    externs,
  };
}

function sha1(bytes: Uint8Array): string {
  // Few need it, and it takes long to load.
  return process.getBuiltinModule('node:crypto').createHash('sha1').update(bytes).digest('hex');
}

/** Reads a section; where it lies in the file goes into the errors. */
function within<T>(section: ElfSection | undefined, read: (data: Uint8Array) => T): T | undefined {
  if (section === undefined) return undefined;
  try {
    return read(section.data);
  } catch (error) {
    throw error instanceof DecodeError ? inPart(error, `section ${section.name}`, section.offset) : error;
  }
}

/** The error with the name of the part that it is in, and counted from where the whole begins. */
export function inPart({ reason, offset, path }: DecodeError, name: string, start = 0): DecodeError {
  return new DecodeError(reason, start + offset, path === '' ? name : `${name}, ${path}`);
}

/**
 * Functions that are entered from outside. Those in .text are there to be called, and static ones as well: libbpf's rule
 * (prog_is_subprog, v1.5).
 */
function findPrograms(functions: Functions): ProgramSpec[] {
  const all = [...functions.values()].flat();
  return all.filter(({ section, local }) => section.name !== '.text' && !local).map(programOf);
}

function programOf({ spec, section }: PlacedFunction): ProgramSpec {
  const autoload = !section.name.startsWith('?');
  return inSection(autoload ? section.name : section.name.slice(1), { name: spec.name, autoload, entry: spec });
}

/** The program with what its section says of it. */
export function inSection(
  section: string,
  { name, autoload, entry }: Pick<ProgramSpec, 'name' | 'autoload' | 'entry'>,
): ProgramSpec {
  return { name, section, autoload, flags: 0, ...sectionRule(section), entry };
}

function refuseTwins(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new DecodeError(`two ${what} are called ${name}`, 0);
    seen.add(name);
  }
}

function readLicense(section: ElfSection | undefined): string {
  return section === undefined ? '' : new TextDecoder().decode(section.data).replace(/\0.*$/s, '');
}

function readVersion(section: ElfSection | undefined): number | undefined {
  if (section === undefined || section.data.length < 4) return undefined;
  return new DataView(section.data.buffer, section.data.byteOffset).getUint32(0, true);
}
