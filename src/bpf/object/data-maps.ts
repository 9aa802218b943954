import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, BPF_MAP_TYPE_ARRAY } from '../../uapi/bpf.js';
import { BTF_VAR_STATIC } from '../../uapi/btf.js';
import { SHT_NOBITS, SHT_PROGBITS } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import { findType } from '../btf/resolve.js';
import type { Btf } from '../btf/types.js';
import type { ElfFile, ElfSection } from '../elf.js';
import type { PlacedMap } from './maps.js';

/** `.data`, `.data.anything`, and so on. */
const DATA = /^\.(?<kind>data|rodata|bss)(\..+)?$/;

/** Global variables: each section of them is an array map with a single entry, which programs reach by its address. */
export function findDataMaps(elf: ElfFile, btf: Btf | undefined): PlacedMap[] {
  return elf.sections.flatMap((section) => {
    const kind = DATA.exec(section.name)?.groups?.['kind'];
    const type = kind === 'bss' ? SHT_NOBITS : SHT_PROGBITS;
    if (kind === undefined || section.type !== type || section.size === 0) return [];
    if (section.size > 0xffffffff) throw new DecodeError('is larger than 4 GiB', section.offset, section.name);
    return [dataMap(section, kind === 'rodata', btf)];
  });
}

function dataMap(section: ElfSection, readOnly: boolean, btf: Btf | undefined): PlacedMap {
  const btfValueTypeId = btf === undefined ? 0 : findType(btf, 'datasec', section.name);
  const spec = {
    name: section.name,
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    flags: (readOnly ? BPF_F_RDONLY_PROG : 0) | (isVisible(btf, btfValueTypeId) ? BPF_F_MMAPABLE : 0),
    extra: 0n,
    pinning: 'none' as const,
    btfKeyTypeId: 0,
    btfValueTypeId,
    readOnly,
    ...(section.type === SHT_NOBITS ? {} : { contents: section.data.slice() }),
  };
  return { section: section.index, spec };
}

/** Whether a variable can be seen from outside, which is what mapping is for; libbpf's rule (v1.5). */
function isVisible(btf: Btf | undefined, id: number): boolean {
  const type = btf?.types[id];
  if (type?.kind !== 'datasec') return false;
  return type.variables.some((variable) => {
    const target = btf?.types[variable.type];
    return target?.kind === 'var' && target.linkage !== BTF_VAR_STATIC;
  });
}
