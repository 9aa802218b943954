import { BPF_F_LINK, BPF_MAP_TYPE_STRUCT_OPS } from '../../uapi/bpf.js';
import { DecodeError } from '../../wire/error.js';
import { findType, resolve, sizeOf } from '../btf/resolve.js';
import type { Btf } from '../btf/types.js';
import type { ElfFile, ElfSection } from '../elf.js';
import { INSTRUCTION_SIZE } from '../instruction.js';
import { type Functions, functionAt } from './functions.js';
import type { PlacedMap } from './maps.js';

/** With `.link`, what is registered is a BPF link; with `?`, the map is created only when asked for. */
const SECTION = /^(?<optional>\??)\.struct_ops(?<link>\.link)?$/;

/**
 * The maps that stand for variables in sections `.struct_ops`.
 *
 *   struct tcp_congestion_ops mine SEC(".struct_ops") = { .ssthresh = (void *)my_ssthresh, .name = "mine" };
 *
 *   byte 24 of the variable is relocated by symbol `my_ssthresh`   ->   a map `mine`, programs { 24: 'my_ssthresh' }
 */
export function findStructOps(elf: ElfFile, btf: Btf | undefined, functions: Functions): PlacedMap[] {
  return elf.sections.flatMap((section) => {
    const kind = SECTION.exec(section.name)?.groups;
    const id = kind === undefined || btf === undefined ? 0 : findType(btf, 'datasec', section.name);
    const datasec = btf?.types[id];
    if (kind === undefined || datasec?.kind !== 'datasec') return [];
    const targets = functionsAt(section, functions);
    return datasec.variables.map(({ type, offset }) => {
      const { name, structId, size } = variableOf(btf!, type, section);
      const end = offset + size;
      if (end > section.data.length)
        throw new DecodeError('lies outside of its section', section.offset, `map ${name}`);
      const own = [...targets].filter(([at]) => at >= offset && at < end);
      const spec = {
        ...{ name, type: BPF_MAP_TYPE_STRUCT_OPS, keySize: 4, valueSize: size, maxEntries: 1, extra: 0n },
        flags: kind['link'] === undefined ? 0 : BPF_F_LINK,
        ...{ pinning: 'none' as const, btfKeyTypeId: 0, btfValueTypeId: 0, readOnly: false },
        ...(kind['optional'] === '' ? {} : { autocreate: false }),
        structOps: {
          typeId: structId,
          contents: section.data.slice(offset, end),
          programs: new Map(own.map(([at, program]) => [at - offset, program])),
        },
      };
      return { spec, section: section.index, offset };
    });
  });
}

function variableOf(btf: Btf, id: number, section: ElfSection) {
  const variable = btf.types[id];
  const target = variable?.kind === 'var' ? resolve(btf, variable.type) : undefined;
  if (target?.type.kind !== 'struct')
    throw new DecodeError(`type ${id} is no struct variable`, section.offset, section.name);
  return { name: variable!.name, structId: target.id, size: sizeOf(btf, target.id) };
}

/** The functions that pointers in a section lead to, by their place. */
function functionsAt(
  { name, data, offset: start, relocations }: ElfSection,
  functions: Functions,
): Map<number, string> {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const found = new Map<number, string>();
  for (const { offset, symbol } of relocations) {
    const list = functions.get(symbol.section) ?? [];
    const addend = offset + 8 > data.length ? Number.NaN : view.getUint32(offset, true);
    const index = (symbol.value + addend) / INSTRUCTION_SIZE;
    const target = functionAt(list, index);
    if (target?.start !== index || target.local) {
      throw new DecodeError(`points to ${symbol.name || 'something'}, which is no program`, start + offset, name);
    }
    found.set(offset, target.spec.name);
  }
  return found;
}
