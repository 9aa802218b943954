import { BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS, BPF_MAP_TYPE_PROG_ARRAY } from '../../uapi/bpf.js';
import type { MapSpec, ProgramSpec, Slot } from '../spec.js';

/** `0x2a/1`: slot 1 of the program array with id 42; numbers as in C. */
const TAIL_CALL = /^(0x[0-9a-f]+|\d+)\/(0x[0-9a-f]+|\d+)$/i;

/**
 * The maps of iproute2's form with what their numbers say of each other, and of programs.
 *
 *   SEC("42/1") int tail(...)                     PROG_ARRAY jumps { id 42 }       ->   slot 1 of jumps holds tail
 *   ARRAY_OF_MAPS outer { inner_id 7 }            HASH one { id 7, inner_idx 3 }   ->   outer holds maps such as one,
 *                                                                                       and slot 3 of it holds one
 *
 * Source: include/bpf_elf.h and examples/bpf of iproute2 (v6.12).
 */
export function linkLegacyMaps(maps: readonly MapSpec[], programs: readonly ProgramSpec[]): readonly MapSpec[] {
  if (!maps.some(({ legacy }) => legacy !== undefined)) return maps;
  const tails = programs.flatMap(tailOf);
  return maps.map((map) => {
    if (map.legacy === undefined) return map;
    if (map.type === BPF_MAP_TYPE_PROG_ARRAY)
      return withSlots(
        map,
        tails.filter(({ id }) => id === map.legacy!.id),
      );
    if (map.type !== BPF_MAP_TYPE_ARRAY_OF_MAPS && map.type !== BPF_MAP_TYPE_HASH_OF_MAPS) return map;
    const { innerId } = map.legacy;
    const inner = maps.filter((other) => innerId !== 0 && other !== map && other.legacy?.id === innerId);
    const slots = inner.map(({ name, legacy }) => ({ index: legacy!.innerIdx, kind: 'map' as const, name }));
    return inner.length === 0 ? map : withSlots({ ...map, inner: inner[0]! }, slots);
  });
}

function withSlots(map: MapSpec, slots: readonly Slot[]): MapSpec {
  const own = slots.map(({ index, kind, name }) => ({ index, kind, name }));
  return own.length === 0 ? map : { ...map, slots: own };
}

function tailOf({ name, section }: ProgramSpec): (Slot & { readonly id: number })[] {
  const [, id, index] = TAIL_CALL.exec(section) ?? [];
  return id === undefined ? [] : [{ id: number(id), index: number(index!), kind: 'program', name }];
}

const number = (text: string): number => (/^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text));
