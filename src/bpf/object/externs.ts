import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, BPF_MAP_TYPE_ARRAY } from '../../uapi/bpf.js';
import { BTF_FUNC_EXTERN, BTF_VAR_GLOBAL_ALLOCATED, BTF_VAR_GLOBAL_EXTERN } from '../../uapi/btf.js';
import { SHN_UNDEF, STB_LOCAL, STB_WEAK, STT_NOTYPE } from '../../uapi/elf.js';
import { DecodeError } from '../../wire/error.js';
import { findType, resolve, sizeOf } from '../btf/resolve.js';
import type { Btf, BtfType } from '../btf/types.js';
import type { ElfFile } from '../elf.js';
import type { ExternSpec, MapSpec } from '../spec.js';
import { kconfigType } from './kconfig.js';

/** The map that stands for the section of the same name. */
export const KCONFIG = '.kconfig';
const KSYMS = '.ksyms';

/** An extern with what its order depends on; both zero but for kconfig. */
interface Sized {
  readonly extern: ExternSpec;
  readonly size: number;
  readonly alignment: number;
}

/**
 * What the object wants from elsewhere: undefined symbols which its BTF describes.
 *
 *   extern int LINUX_KERNEL_VERSION __kconfig;          .kconfig, 4 bytes       ->  kconfig, at byte 0
 *   extern bool CONFIG_BPF_SYSCALL __kconfig __weak;    .kconfig, 1 byte        ->  kconfig, weak, at byte 4
 *   extern const void bpf_prog_fops __ksym;             .ksyms, of no type      ->  address
 *   extern const int bpf_prog_active __ksym;            .ksyms                  ->  variable
 *   extern int bpf_dynptr_size(...) __ksym;             .ksyms, a function      ->  function
 *
 * libbpf's order (v1.5), on which offsets and poisoned calls depend: kconfig by falling alignment, growing size and name,
 * then the rest by name.
 *
 * @throws DecodeError for a kconfig variable of a type that cannot hold one, or an extern in a section of another name.
 */
export function findExterns(elf: ElfFile, btf: Btf | undefined): ExternSpec[] {
  if (btf === undefined) return [];
  const symbols = elf.symbols.filter(
    ({ section, bind, type, name }) =>
      section === SHN_UNDEF && bind !== STB_LOCAL && type === STT_NOTYPE && name !== '',
  );
  const weak = new Map(symbols.map(({ name, bind }) => [name, bind === STB_WEAK]));
  const sections = sectionsOf(btf);
  const found = btf.types.flatMap((type, id) => {
    // A struct may have the name of a function.
    if (!isExtern(type)) return [];
    const isWeak = weak.get(type.name);
    weak.delete(type.name);
    return isWeak === undefined ? [] : [describe(btf, id, isWeak, sections.get(id))];
  });
  return placed(found.sort(libbpfOrder));
}

function isExtern(type: BtfType): boolean {
  if (type.kind === 'func') return type.linkage === BTF_FUNC_EXTERN;
  return type.kind === 'var' && type.linkage === BTF_VAR_GLOBAL_EXTERN;
}

/** Names of DATASECs by what they hold. */
function sectionsOf(btf: Btf): ReadonlyMap<number, string> {
  const sections = btf.types.filter((type) => type.kind === 'datasec');
  return new Map(sections.flatMap(({ name, variables }) => variables.map(({ type }) => [type, name] as const)));
}

function describe(btf: Btf, id: number, weak: boolean, section: string | undefined): Sized {
  const type = btf.types[id]!;
  if ((type.kind !== 'var' && type.kind !== 'func') || (section !== KSYMS && section !== KCONFIG)) {
    throw new DecodeError(
      `lies in section ${section ?? 'none'}, not in ${KCONFIG} or ${KSYMS}`,
      0,
      `extern ${type.name}`,
    );
  }
  const facts = { name: type.name, weak, typeId: type.type };
  if (section === KCONFIG) {
    const kconfig = kconfigType(btf, type.type);
    if (kconfig === undefined) throw new DecodeError('cannot hold a setting of the kernel', 0, `extern ${type.name}`);
    const { kind, size } = kconfig;
    return { extern: { ...facts, kind: 'kconfig' }, size, alignment: kind === 'text' ? 1 : size };
  }
  const kind =
    type.kind === 'func' ? 'function' : resolve(btf, type.type).type.kind === 'void' ? 'address' : 'variable';
  return { extern: { ...facts, kind }, size: 0, alignment: 0 };
}

function libbpfOrder(a: Sized, b: Sized): number {
  const [aKconfig, bKconfig] = [a.extern.kind === 'kconfig', b.extern.kind === 'kconfig'];
  if (aKconfig !== bKconfig) return aKconfig ? -1 : 1;
  return b.alignment - a.alignment || a.size - b.size || (a.extern.name < b.extern.name ? -1 : 1);
}

function placed(externs: readonly Sized[]): ExternSpec[] {
  let end = 0;
  return externs.map(({ extern, size, alignment }) => {
    if (extern.kind !== 'kconfig') return extern;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + size;
    return { ...extern, offset };
  });
}

/** The map that the loader fills with what the kernel was built with; none when nothing is asked for. */
export function kconfigMap(btf: Btf | undefined, externs: readonly ExternSpec[]): MapSpec[] {
  const last = externs.findLast(({ kind }) => kind === 'kconfig');
  if (btf === undefined || last === undefined) return [];
  const valueSize = last.offset! + sizeOf(btf, last.typeId);
  return [
    {
      name: KCONFIG,
      type: BPF_MAP_TYPE_ARRAY,
      keySize: 4,
      valueSize,
      maxEntries: 1,
      flags: BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
      extra: 0n,
      pinning: 'none',
      btfKeyTypeId: 0,
      btfValueTypeId: findType(btf, 'datasec', KCONFIG),
      readOnly: true,
      contents: new Uint8Array(valueSize),
    },
  ];
}

/** The types with section `.kconfig` laid out: its variables are allocated, by the loader. */
export function placeKconfig(btf: Btf, externs: readonly ExternSpec[]): Btf {
  const places = new Map(externs.filter(({ kind }) => kind === 'kconfig').map((extern) => [extern.name, extern]));
  if (places.size === 0) return btf;
  const place = (type: BtfType): BtfType => {
    if (type.kind === 'var' && isExtern(type) && places.has(type.name)) {
      return { ...type, linkage: BTF_VAR_GLOBAL_ALLOCATED };
    }
    if (type.kind !== 'datasec' || type.name !== KCONFIG) return type;
    const variables = type.variables.flatMap(({ type: id }) => {
      const extern = places.get(btf.types[id]?.name ?? '');
      return extern === undefined ? [] : [{ type: id, offset: extern.offset!, size: sizeOf(btf, extern.typeId) }];
    });
    variables.sort((a, b) => a.offset - b.offset);
    const end = variables.at(-1);
    return { ...type, variables, size: end === undefined ? 0 : end.offset + end.size };
  };
  return { ...btf, types: btf.types.map(place) };
}
