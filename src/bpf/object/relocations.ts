import { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC } from '../../uapi/bpf.js';
import { SHN_UNDEF, STB_WEAK } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import type { ElfRelocation, ElfSection } from '../elf.js';
import { CALL, INSTRUCTION_SIZE, Instructions, LD_IMM64 } from '../instruction.js';
import type { ExternSpec, Reference } from '../spec.js';
import { KCONFIG } from './externs.js';
import { type Functions, functionAt, type PlacedFunction } from './functions.js';
import { jumpTable } from './jump-tables.js';

/** Finds the map that lies at byte `offset` of section `section`, or whose data does; undefined when none does. */
export type FindMap = (section: number, offset: number) => Omit<Reference, 'instruction'> | undefined;

/** The extern of that name; undefined when the object's BTF has none. */
export type FindExtern = (name: string) => ExternSpec | undefined;

/** Where symbols may lead. */
interface Places {
  readonly functions: Functions;
  readonly findMap: FindMap;
  readonly findExtern: FindExtern;
  readonly jumpTables: ElfSection | undefined;
}

/**
 * Finds out what each call and each 64-bit load of the functions refers to.
 *
 *   call -1           symbol `f` (global)              the function at f's value
 *   call 4            symbol of section .text          the function at instruction 5 of .text
 *   call 4            no relocation                    the function 5 instructions on, in the same section
 *   r1 = 0 ll         symbol `m` in .maps              the map there
 *   r1 = 16 ll        symbol of section .rodata        byte 16 of the map of .rodata
 *   r2 = 24 ll        symbol of section .text          the address of the function at byte 24 of .text
 *   r2 = 0 ll         `CONFIG_HZ`, undefined           a byte of map .kconfig
 *   r2 = 0 ll         `f`, undefined                   what the kernel has under that name
 *   r3 = 0 ll         `BPF.JT.0.0` in .jumptables      a table of instructions of the function
 *
 * Source: Documentation/bpf/llvm_reloc.rst (v7.3).
 */
export function resolveRelocations(places: Places): void {
  for (const list of places.functions.values()) {
    const relocations = new Map<PlacedFunction, Map<number, ElfRelocation>>();
    for (const relocation of list[0]?.section.relocations ?? []) {
      const index = relocation.offset / INSTRUCTION_SIZE;
      const item = functionAt(list, index);
      // Of code without a symbol nobody can speak.
      if (item === undefined) continue;
      if (!Number.isInteger(index)) fail(item, index, 'relocation of a part of an instruction');
      const known = relocations.get(item) ?? new Map<number, ElfRelocation>();
      relocations.set(item, known.set(index - item.start, relocation));
    }
    for (const item of list) resolveFunction(item, relocations.get(item) ?? new Map(), places);
  }
}

function resolveFunction(item: PlacedFunction, relocations: ReadonlyMap<number, ElfRelocation>, places: Places): void {
  const code = new Instructions(item.spec.instructions);
  for (let index = 0; index < code.length; index++) {
    const { opcode, src, imm } = code.at(index);
    const relocation = relocations.get(index);
    if (relocation !== undefined) resolveSymbol(item, index, relocation, places);
    // A call within the section: the assembler has written the distance.
    else if (opcode === CALL && src === BPF_PSEUDO_CALL) {
      addCall(item, index, places.functions, item.section.index, item.start + index + 1 + imm);
    }
    if (opcode === LD_IMM64) index++; // its second slot
  }
}

function resolveSymbol(
  item: PlacedFunction,
  index: number,
  { symbol }: ElfRelocation,
  { functions, findMap, findExtern, jumpTables }: Places,
): void {
  const { name, section, value, bind } = symbol;
  const { spec } = item;
  const code = new Instructions(spec.instructions);
  const { opcode, src, imm } = code.at(index);
  const isCall = opcode === CALL && src === BPF_PSEUDO_CALL;
  if (!isCall && (opcode !== LD_IMM64 || index + 1 === code.length)) {
    fail(item, index, `relocation by ${name} of neither a call nor a 64-bit load`);
  }
  if (section === SHN_UNDEF) {
    const offset = isCall ? undefined : findExtern(name)?.offset;
    if (offset === undefined) spec.externs.push({ instruction: index, name, weak: bind === STB_WEAK });
    else spec.references.push({ instruction: index, map: KCONFIG, offset });
  } else if (isCall) addCall(item, index, functions, section, value / INSTRUCTION_SIZE + imm + 1);
  else if (functions.has(section)) {
    code.setSource(index, BPF_PSEUDO_FUNC);
    addCall(item, index, functions, section, (value + imm) / INSTRUCTION_SIZE);
  } else if (section === jumpTables?.index) spec.jumpTables.push(jumpTable(item, index, jumpTables, symbol));
  else {
    const reference = findMap(section, value + imm);
    if (reference === undefined) fail(item, index, `refers to ${name}, which is neither map nor data`);
    spec.references.push({ instruction: index, ...reference });
  }
}

/** `place` is the index in `section` of the first instruction of what is called. */
function addCall(item: PlacedFunction, index: number, functions: Functions, section: number, place: number): void {
  const found = functionAt(functions.get(section) ?? [], place);
  if (found?.start !== place) fail(item, index, 'calls something that is not the start of a function');
  item.spec.calls.push({ instruction: index, target: found.spec });
}

function fail(item: PlacedFunction, index: number, reason: string): never {
  const offset = item.section.offset + (item.start + index) * INSTRUCTION_SIZE;
  throw new DecodeError(reason, offset, `${item.spec.name}, instruction ${index}`);
}
