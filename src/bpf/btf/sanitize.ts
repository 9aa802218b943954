import { BTF_FUNC_STATIC, BTF_INT_SIGNED } from '../../uapi/btf.js';
import type { Btf, BtfKind, BtfType } from './types.js';

/**
 * What a kernel of some age does not know. Kinds from DATASEC on came one by one: 5.2 `var` and `datasec`, 5.13 `float`,
 * 5.16 `declTag`, 5.17 `typeTag`, 6.0 `enum64`; global functions in 5.6. Found out by probing, not by version.
 */
export type UnknownToKernel = ReadonlySet<BtfKind | 'globalFunc'>;

/**
 * `btf` in terms of the kinds that the kernel knows. Numbers, names and sizes of types stay, so that nothing that refers
 * to them changes; what is lost is what the kernel would not have understood.
 */
export function sanitizeBtf(btf: Btf, unknown: UnknownToKernel): Btf {
  if (unknown.size === 0) return btf;
  return { ...btf, types: btf.types.map((type) => sanitizeType(type, unknown)) };
}

function sanitizeType(type: BtfType, unknown: UnknownToKernel): BtfType {
  if (type.kind === 'func' && unknown.has('globalFunc')) return { ...type, linkage: BTF_FUNC_STATIC };
  // That an enum is signed came together with enums of 64 bits.
  if (type.kind === 'enum' && unknown.has('enum64')) return { ...type, signed: false };
  if (!unknown.has(type.kind)) return type;
  switch (type.kind) {
    case 'var': // its size does not matter to anyone
      return { kind: 'int', name: type.name, size: 4, encoding: BTF_INT_SIGNED, bitOffset: 0, bits: 32 };
    case 'datasec': {
      const members = type.variables.map((variable, index) => ({
        name: `_${index}`,
        type: variable.type,
        bitOffset: 8 * variable.offset,
        bitSize: 0,
      }));
      // A dot is not part of a C name, which a struct's has to be.
      return { kind: 'struct', name: type.name.replace(/\W/g, '_'), size: type.size, members, kindFlag: false };
    }
    case 'float':
      return { kind: 'struct', name: type.name.replace(/\W/g, '_'), size: type.size, members: [], kindFlag: false };
    case 'declTag':
      return { kind: 'int', name: '__declTag', size: 1, encoding: 0, bitOffset: 0, bits: 8 };
    case 'typeTag':
      return { kind: 'const', name: '', type: type.type, kindFlag: false };
    case 'enum64':
      return { kind: 'union', name: type.name, size: type.size, members: [], kindFlag: false };
    default:
      return type;
  }
}
