import { STT_SECTION } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import type { ElfFile, ElfRelocation, ElfSection } from '../elf.js';
import { INSTRUCTION_SIZE } from '../instruction.js';
import type { MapSpec, Slot } from '../spec.js';
import { type Functions, functionAt } from './functions.js';
import type { PlacedMap } from './maps.js';
import type { FindMap } from './relocations.js';

const POINTER_SIZE = 8;

/**
 * The maps, with the entries that they have from the start.
 *
 *   struct { ...; __array(values, struct inner); } outer SEC(".maps") = { .values = { [2] = &one } };
 *
 *   values of outer begin at byte 96 of .maps; byte 112 is relocated by symbol `one`   ->   slot 2 holds map `one`
 */
export function withSlots(maps: readonly PlacedMap[], elf: ElfFile, functions: Functions, findMap: FindMap): MapSpec[] {
  const slots = new Map<PlacedMap, Slot[]>();
  const section = elf.sections.find(({ name }) => name === '.maps');
  const owners = maps.filter((map) => map.slots !== undefined).sort((a, b) => a.slots!.start - b.slots!.start);
  let next = 0;
  for (const relocation of [...(section?.relocations ?? [])].sort((a, b) => a.offset - b.offset)) {
    while (next < owners.length && owners[next]!.slots!.end <= relocation.offset) next++;
    const owner = owners[next];
    const index = owner === undefined ? -1 : (relocation.offset - owner.slots!.start) / POINTER_SIZE;
    const target = targetOf(section!, relocation, functions, findMap);
    if (owner === undefined || target === undefined || index < 0 || !Number.isInteger(index)) {
      const reason = `initial value ${relocation.symbol.name} is neither a map nor a program in values`;
      throw new DecodeError(reason, section!.offset + relocation.offset, '.maps');
    }
    const list = slots.get(owner) ?? [];
    slots.set(owner, list);
    list.push({ index, ...target });
  }
  return maps.map((map) => (slots.has(map) ? { ...map.spec, slots: slots.get(map)! } : map.spec));
}

function targetOf(
  { data }: ElfSection,
  { offset, symbol }: ElfRelocation,
  functions: Functions,
  findMap: FindMap,
): Omit<Slot, 'index'> | undefined {
  if (offset + POINTER_SIZE > data.length) return undefined;
  // Where the symbol is that of a section, what lies there already is the place in it; GCC writes it there always.
  const addend = new DataView(data.buffer, data.byteOffset).getUint32(offset, true);
  const place = symbol.type === STT_SECTION ? symbol.value + addend : symbol.value;
  const list = functions.get(symbol.section);
  if (list !== undefined) {
    const index = place / INSTRUCTION_SIZE;
    const found = functionAt(list, index);
    return found?.start === index ? { kind: 'program', name: found.spec.name } : undefined;
  }
  const map = findMap(symbol.section, place);
  return map === undefined || map.offset !== undefined ? undefined : { kind: 'map', name: map.map };
}
