import { BPF_F_NUMA_NODE } from '../../uapi/bpf.js';
import { STT_FUNC, STT_SECTION } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import { findType, resolve } from '../btf/resolve.js';
import type { Btf } from '../btf/types.js';
import type { ElfFile, ElfSection, ElfSymbol } from '../elf.js';
import type { MapSpec, Pinning } from '../spec.js';
import type { PlacedMap } from './maps.js';

/** Names of the 32-bit words of a definition. */
type Layout = readonly string[];

/** iproute2's struct bpf_elf_map (include/bpf_elf.h, v6.12); the last two words came later than the others. */
const ELF_MAP: Layout = [
  'type',
  'size_key',
  'size_value',
  'max_elem',
  'flags',
  'id',
  'pinning',
  'inner_id',
  'inner_idx',
];
/** struct bpf_map_def of libbpf before 1.0; others appended members of their own. */
const MAP_DEF: Layout = ['type', 'key_size', 'value_size', 'max_entries', 'map_flags'];

/** More than any such struct has had. */
const MOST_WORDS = 32;

/** PIN_NONE, PIN_OBJECT_NS, PIN_GLOBAL_NS. */
const PINNING: readonly Pinning[] = ['none', 'object', 'global'];

/**
 * The maps in section `maps`, as C structs of 32-bit words. Two structs have been in use; the object's BTF names the
 * words, and without it the size of the struct decides: 28 or 36 bytes are iproute2's.
 */
export function findLegacyMaps(elf: ElfFile, btf: Btf | undefined): PlacedMap[] {
  const section = elf.sections.find(({ name }) => name === 'maps');
  if (section === undefined) return [];
  const symbols = elf.symbols
    .filter(({ section: index, type }) => index === section.index && type !== STT_SECTION && type !== STT_FUNC)
    .sort((a, b) => a.value - b.value);
  return symbols.map((symbol, index) => {
    const end = symbols[index + 1]?.value ?? section.size;
    return { spec: readDefinition(section, symbol, end, btf), section: section.index, offset: symbol.value };
  });
}

function readDefinition(section: ElfSection, symbol: ElfSymbol, next: number, btf: Btf | undefined): MapSpec {
  const fail = (reason: string, at = symbol.value): never => {
    throw new DecodeError(reason, section.offset + at, `map ${symbol.name}`);
  };
  // Some compilers leave the size of the symbol out; then the next one ends it.
  const size = symbol.size === 0 ? next - symbol.value : symbol.size;
  if (size < 16 || size > 4 * MOST_WORDS || size % 4 !== 0 || symbol.value + size > section.data.length)
    fail(`definition of ${size} bytes`);
  const layout = layoutFromBtf(btf, symbol.name) ?? (size === 28 || size === 36 ? ELF_MAP : MAP_DEF);
  const view = new DataView(section.data.buffer, section.data.byteOffset + symbol.value, size);
  const words = new Map<string, number>();
  for (let at = 0; at < size; at += 4) {
    const word = view.getUint32(at, true);
    const name = layout[at / 4];
    if (name !== undefined) words.set(name, word);
    else if (word !== 0) fail('has a member that is not known', symbol.value + at);
  }
  const pick = (...names: string[]): number =>
    names.map((name) => words.get(name)).find((word) => word !== undefined) ?? 0;
  const pinning = PINNING[pick('pinning')] ?? fail(`unknown pinning ${pick('pinning')}`);
  const flags = pick('flags', 'map_flags');
  return {
    name: symbol.name,
    type: pick('type'),
    keySize: pick('size_key', 'key_size'),
    valueSize: pick('size_value', 'value_size'),
    maxEntries: pick('max_elem', 'max_entries'),
    flags,
    extra: 0n,
    ...((flags & BPF_F_NUMA_NODE) === 0 ? {} : { numaNode: pick('numa_node') }),
    pinning,
    ...annotatedTypes(btf, symbol.name),
    readOnly: false,
    ...(words.has('id') ? { legacy: { id: pick('id'), innerId: pick('inner_id'), innerIdx: pick('inner_idx') } } : {}),
  };
}

/** The names of the words, when the object has BTF and the variable is a struct of words. */
function layoutFromBtf(btf: Btf | undefined, name: string): Layout | undefined {
  if (btf === undefined) return undefined;
  const variable = btf.types[findType(btf, 'var', name)];
  if (variable?.kind !== 'var') return undefined;
  const { type } = resolve(btf, variable.type);
  if (type.kind !== 'struct' || type.members.length > MOST_WORDS) return undefined;
  const layout: string[] = [];
  for (const member of type.members) layout[member.bitOffset / 32] = member.name;
  return layout;
}

/** Key and value types from the struct that BPF_ANNOTATE_KV_PAIR declares. */
function annotatedTypes(btf: Btf | undefined, name: string): Pick<MapSpec, 'btfKeyTypeId' | 'btfValueTypeId'> {
  const type = btf?.types[findType(btf, 'struct', `____btf_map_${name}`)];
  const [key, value, ...more] = type?.kind === 'struct' ? type.members : [];
  const known = key?.name === 'key' && value?.name === 'value' && more.length === 0;
  return known ? { btfKeyTypeId: key.type, btfValueTypeId: value.type } : { btfKeyTypeId: 0, btfValueTypeId: 0 };
}
