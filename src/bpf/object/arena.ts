import { BPF_MAP_TYPE_ARENA } from '../../uapi/bpf.js';
import { SHT_PROGBITS } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import { findType } from '../btf/resolve.js';
import type { Btf } from '../btf/types.js';
import type { ElfFile } from '../elf.js';
import type { PlacedMap } from './maps.js';

/** Of variables with `__attribute__((address_space(1)))`. */
const SECTION = '.addr_space.1';

/** The maps, of which the arena gets the global variables that lie in it. */
export function withArenaData(maps: readonly PlacedMap[], elf: ElfFile, btf: Btf | undefined): readonly PlacedMap[] {
  const section = elf.sections.find(({ name }) => name === SECTION);
  if (section === undefined || section.type !== SHT_PROGBITS || section.size === 0) return maps;
  const [arena, ...more] = maps.filter(({ spec }) => spec.type === BPF_MAP_TYPE_ARENA);
  if (arena === undefined || more.length > 0) {
    throw new DecodeError('holds variables of an arena, of which there has to be one', section.offset, SECTION);
  }
  const dataTypeId = btf === undefined ? 0 : findType(btf, 'datasec', SECTION);
  const spec = { ...arena.spec, contents: section.data.slice(), dataTypeId };
  return maps.map((map) => (map === arena ? { ...map, spec, data: section.index } : map));
}
