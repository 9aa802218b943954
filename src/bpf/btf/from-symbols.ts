import { BTF_FUNC_STATIC, BTF_VAR_GLOBAL_ALLOCATED, BTF_VAR_STATIC } from '../../uapi/btf.js';
import { STV_HIDDEN, STV_INTERNAL } from '../../uapi/elf.js';
import type { ElfFile, ElfSymbol } from '../elf.js';
import type { Btf, BtfDataSection, BtfType } from './types.js';

/**
 * Makes functions and variables static whose symbols are hidden (`__hidden`): the verifier then follows the calls of such
 * a function, instead of checking it for any arguments at all. libbpf does the same (v1.5).
 */
export function hideSymbols(btf: Btf, elf: ElfFile): Btf {
  const isHidden = ({ visibility }: ElfSymbol) => visibility === STV_HIDDEN || visibility === STV_INTERNAL;
  const hidden = new Set(elf.symbols.filter(isHidden).map(({ name }) => name));
  if (hidden.size === 0) return btf;
  const hide = (type: BtfType): BtfType => {
    if (type.kind === 'func' && hidden.has(type.name)) return { ...type, linkage: BTF_FUNC_STATIC };
    const isGlobal = type.kind === 'var' && type.linkage === BTF_VAR_GLOBAL_ALLOCATED;
    return isGlobal && hidden.has(type.name) ? { ...type, linkage: BTF_VAR_STATIC } : type;
  };
  return { ...btf, types: btf.types.map(hide) };
}

/**
 * Fills in what clang leaves to the linker: sizes of DATASECs, and offsets of global variables in them.
 *
 *   before  DATASEC '.maps' size=0, VAR 'a' offset=0 size=32, VAR 'b' offset=0 size=32
 *   after   DATASEC '.maps' size=64, VAR 'a' offset=0 size=32, VAR 'b' offset=32 size=32
 *
 * Static variables have their offset already. Sections that the file does not have (`.ksyms`) stay as they are.
 */
export function placeVariables(btf: Btf, elf: ElfFile): Btf {
  if (!btf.types.some((type) => type.kind === 'datasec')) return btf;
  const places = placesOf(elf);
  const sections = new Map(elf.sections.map((section) => [section.name, section]));
  const place = (type: BtfDataSection): BtfDataSection => {
    const section = sections.get(type.name);
    if (section === undefined) return type;
    const variables = type.variables.map((variable) => {
      const target = btf.types[variable.type];
      if (target?.kind !== 'var' || target.linkage !== BTF_VAR_GLOBAL_ALLOCATED) return variable;
      return { ...variable, offset: places.get(section.index)?.get(target.name) ?? variable.offset };
    });
    // The kernel wants them in order (btf_datasec_check_meta, kernel/bpf/btf.c, v6.12).
    return { ...type, size: section.size, variables: variables.sort((a, b) => a.offset - b.offset) };
  };
  return { ...btf, types: btf.types.map((type) => (type.kind === 'datasec' ? place(type) : type)) };
}

/** Where symbols lie, by section, then by name. */
function placesOf(elf: ElfFile): ReadonlyMap<number, ReadonlyMap<string, number>> {
  const places = new Map<number, Map<string, number>>();
  for (const { section, name, value } of elf.symbols) {
    const names = places.get(section) ?? new Map<string, number>();
    places.set(section, names.set(name, value));
  }
  return places;
}
