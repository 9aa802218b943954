import { DecodeError } from '../../wire/error.js';
import type { ElfFile, ElfSection, ElfSymbol } from '../elf.js';
import { INSTRUCTION_SIZE } from '../instruction.js';
import type { JumpTable } from '../spec.js';
import type { PlacedFunction } from './functions.js';

const ENTRY_SIZE = 8;

/** The section with tables for indirect jumps, if the object has one. */
export function jumpTableSection(elf: ElfFile): ElfSection | undefined {
  return elf.sections.find(({ name }) => name === '.jumptables');
}

/**
 * The table that a symbol in the section stands for. Its entries are bytes of the section with the code, and become
 * instructions of the function.
 *
 *   BPF.JT.0.0   16 bytes: 64, 80     used by a function at byte 40 of .text     ->     3, 5
 */
export function jumpTable(
  item: PlacedFunction,
  instruction: number,
  { data, offset }: ElfSection,
  { name, value, size }: ElfSymbol,
): JumpTable {
  const fail = (reason: string): never => {
    throw new DecodeError(`jump table ${name || 'without a symbol'} ${reason}`, offset + value, item.spec.name);
  };
  if (size === 0 || size % ENTRY_SIZE !== 0 || value % ENTRY_SIZE !== 0 || value + size > data.length) {
    fail(`occupies bytes ${value} to ${value + size} of ${data.length}`);
  }
  const view = new DataView(data.buffer, data.byteOffset + value, size);
  const targets = Array.from({ length: size / ENTRY_SIZE }, (_, index) => {
    const target = Number(view.getBigUint64(index * ENTRY_SIZE, true)) / INSTRUCTION_SIZE - item.start;
    // Whether it stays in the function is for the verifier to say; other programs of the object may do without.
    return Number.isInteger(target) ? target : fail('leads into the middle of an instruction');
  });
  return { instruction, start: value, targets };
}
