import { SHN_UNDEF } from '../../uapi/elf.js';
import type { Btf } from '../btf/types.js';
import type { ElfFile } from '../elf.js';
import type { ExternSpec, MapSpec } from '../spec.js';
import { withArenaData } from './arena.js';
import { findBtfMaps } from './btf-maps.js';
import { findDataMaps } from './data-maps.js';
import { kconfigMap } from './externs.js';
import type { Functions } from './functions.js';
import { findLegacyMaps } from './legacy-maps.js';
import type { FindMap } from './relocations.js';
import { findStructOps } from './struct-ops.js';

/** A map, and where its definition or its data lies. */
export interface PlacedMap {
  readonly spec: MapSpec;
  /** Index of the section; that of none for `.kconfig`. */
  readonly section: number;
  /** Byte of the section where the definition begins; absent for data, which is all of the section. */
  readonly offset?: number;
  /** Index of the section with the global variables in it, of an arena. */
  readonly data?: number;
  /** The bytes of the section that stand for the entries it has from the start. */
  readonly slots?: { readonly start: number; readonly end: number };
}

/** Every map of an object, in the order in which libbpf creates them. */
export function findMaps(
  elf: ElfFile,
  btf: Btf | undefined,
  externs: readonly ExternSpec[],
  functions: Functions,
): PlacedMap[] {
  const kconfig = kconfigMap(btf, externs).map((spec) => ({ spec, section: SHN_UNDEF }));
  const structOps = findStructOps(elf, btf, functions);
  return [
    ...findLegacyMaps(elf, btf),
    ...withArenaData(findBtfMaps(elf, btf), elf, btf),
    ...findDataMaps(elf, btf),
    ...kconfig,
    ...structOps,
  ];
}

/** For {@link resolveRelocations}. */
export function mapFinder(maps: readonly PlacedMap[]): FindMap {
  const places = new Map(maps.map((map) => [`${map.section} ${map.offset ?? 'data'}`, map.spec.name]));
  for (const { data, spec } of maps) if (data !== undefined) places.set(`${data} data`, spec.name);
  return (section, offset) => {
    const map = places.get(`${section} ${offset}`);
    if (map !== undefined) return { map };
    const data = places.get(`${section} data`);
    return data === undefined ? undefined : { map: data, offset };
  };
}
