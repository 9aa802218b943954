import { SHF_EXECINSTR, SHT_PROGBITS, STB_LOCAL, STT_FUNC } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import type { BtfExt } from '../btf/ext.js';
import type { ElfFile, ElfSection, ElfSymbol } from '../elf.js';
import { INSTRUCTION_SIZE } from '../instruction.js';
import type { Call, Extern, FunctionSpec, JumpTable, Reference } from '../spec.js';

/** A function, and where it lies. What it refers to is filled in by {@link resolveRelocations}. */
export interface PlacedFunction {
  readonly spec: FunctionSpec & {
    readonly calls: Call[];
    readonly references: Reference[];
    readonly externs: Extern[];
    readonly jumpTables: JumpTable[];
  };
  readonly section: ElfSection;
  /** Index in its section of the first instruction. */
  readonly start: number;
  /** Index after the last. */
  readonly end: number;
  /** STB_LOCAL: a static function, which other sections do not see. */
  readonly local: boolean;
}

/** The functions of an object by section index, in ascending order, not overlapping. */
export type Functions = ReadonlyMap<number, readonly PlacedFunction[]>;

/** Cuts the executable sections into functions, along their symbols. */
export function findFunctions(elf: ElfFile, ext: BtfExt | undefined): Functions {
  const functions = new Map<number, PlacedFunction[]>();
  for (const section of elf.sections) {
    if (section.type === SHT_PROGBITS && (section.flags & SHF_EXECINSTR) !== 0) functions.set(section.index, []);
  }
  for (const symbol of elf.symbols) {
    const list = symbol.type === STT_FUNC ? functions.get(symbol.section) : undefined;
    list?.push(place(elf.sections[symbol.section]!, symbol));
  }
  for (const list of functions.values()) {
    list.sort((a, b) => a.start - b.start);
    list.forEach((item, index) => {
      const next = list[index + 1];
      if (next !== undefined && next.start < item.end) {
        throw new DecodeError(`functions ${item.spec.name} and ${next.spec.name} overlap`, item.section.offset);
      }
    });
  }
  return ext === undefined ? functions : new Map([...functions].map(([index, list]) => [index, annotate(list, ext)]));
}

/** The one that contains instruction `index` of the section. */
export function functionAt(list: readonly PlacedFunction[], index: number): PlacedFunction | undefined {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.end <= index) low = middle + 1;
    else high = middle;
  }
  const found = list[low];
  return found !== undefined && found.start <= index ? found : undefined;
}

function place(section: ElfSection, { name, value, size, bind }: ElfSymbol): PlacedFunction {
  const misplaced = value % INSTRUCTION_SIZE !== 0 || size % INSTRUCTION_SIZE !== 0 || size === 0;
  if (misplaced || value + size > section.size) {
    throw new DecodeError(
      `occupies bytes ${value} to ${value + size} of section ${section.name}`,
      section.offset,
      name,
    );
  }
  const instructions = section.data.slice(value, value + size);
  const start = value / INSTRUCTION_SIZE;
  const none = { funcInfo: [], lineInfo: [], coreRelocations: [] };
  const spec = { name, instructions, calls: [], references: [], externs: [], jumpTables: [], ...none };
  return { spec, section, start, end: start + size / INSTRUCTION_SIZE, local: bind === STB_LOCAL };
}

/** Adds what .BTF.ext says of each function's instructions. */
function annotate(list: readonly PlacedFunction[], ext: BtfExt): PlacedFunction[] {
  const name = list[0]?.section.name ?? '';
  const funcInfo = distribute(list, ext.funcInfo.get(name));
  const lineInfo = distribute(list, ext.lineInfo.get(name));
  const coreRelocations = distribute(list, ext.coreRelocations.get(name));
  return list.map((item, index) => ({
    ...item,
    spec: {
      ...item.spec,
      funcInfo: funcInfo[index]!,
      lineInfo: lineInfo[index]!,
      coreRelocations: coreRelocations[index]!,
    },
  }));
}

/** The records of a section by function, counted from the function's start. */
function distribute<T extends { readonly instruction: number }>(
  list: readonly PlacedFunction[],
  records: readonly T[] = [],
): T[][] {
  const sorted = [...records].sort((a, b) => a.instruction - b.instruction);
  let next = 0;
  return list.map(({ start, end }) => {
    const mine: T[] = [];
    for (; next < sorted.length && sorted[next]!.instruction < end; next++) {
      const record = sorted[next]!;
      if (record.instruction >= start) mine.push({ ...record, instruction: record.instruction - start });
    }
    return mine;
  });
}
