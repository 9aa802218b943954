import { BTF_FUNC_EXTERN, BTF_FUNC_GLOBAL, BTF_INT_SIGNED, BTF_VAR_GLOBAL_EXTERN } from '../../uapi/btf.js';
import type { Btf, BtfType } from '../btf/types.js';

/** For parameters that have none, which the kernel does not take. */
const NAME = 'unnamed';

/**
 * Types as the kernel takes them, which knows nothing of what is defined elsewhere (btf_func_check_meta and
 * btf_var_check_meta, kernel/bpf/btf.c, v6.12). Numbers and names of types stay.
 *
 *   VAR 'jiffies' extern          INT 'jiffies'
 *   FUNC 'bpf_x' extern           FUNC 'bpf_x' global
 *   DATASEC '.ksyms'              INT '_ksyms'
 *   DATASEC '?.struct_ops'        DATASEC '_.struct_ops', for kernels before 6.9
 */
export function withoutExterns(btf: Btf): Btf {
  const externs = new Set<number>();
  const prototypes = new Set<number>();
  btf.types.forEach((type, id) => {
    const isFunction = type.kind === 'func' && type.linkage === BTF_FUNC_EXTERN;
    if (isFunction) prototypes.add(type.type);
    if (isFunction || (type.kind === 'var' && type.linkage === BTF_VAR_GLOBAL_EXTERN)) externs.add(id);
  });
  if (externs.size === 0 && !btf.types.some(({ kind, name }) => kind === 'datasec' && isOptional(name))) return btf;
  const change = (type: BtfType, id: number): BtfType => {
    if (type.kind === 'func' && externs.has(id)) return { ...type, linkage: BTF_FUNC_GLOBAL };
    if (type.kind === 'var' && externs.has(id)) return integer(type.name);
    if (type.kind === 'datasec' && type.variables.some((variable) => externs.has(variable.type))) {
      return integer(type.name.replace(/\W/g, '_'));
    }
    if (type.kind === 'datasec' && isOptional(type.name)) return { ...type, name: `_${type.name.slice(1)}` };
    if (type.kind !== 'funcProto' || !prototypes.has(id)) return type;
    const name = (param: { readonly name: string; readonly type: number }) =>
      param.name === '' && param.type !== 0 ? { ...param, name: NAME } : param;
    return { ...type, params: type.params.map(name) };
  };
  return { ...btf, types: btf.types.map(change) };
}

const isOptional = (section: string): boolean => section.startsWith('?');

function integer(name: string): BtfType {
  return { kind: 'int', name, size: 4, encoding: BTF_INT_SIGNED, bitOffset: 0, bits: 32 };
}
