import { Fd } from '../../sys/fd.js';
import { BPF_F_NUMA_NODE, BPF_F_TOKEN_FD, BPF_F_VTYPE_BTF_OBJ_FD, BPF_OBJ_NAME_LEN } from '../../uapi/bpf.js';
import { EINVAL } from '../../uapi/errno.js';
import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import { MAP_CREATE } from '../attr.js';
import { BpfError } from '../error.js';
import { requireMapType } from '../features/maps.js';
import { attempt } from '../syscall.js';
import { MAP_TYPES, type MapTypeName, mapTypeName } from './types.js';

/** A map to be created. */
export interface MapOptions {
  /** The kernel keeps the first 15 bytes: letters, digits, `_` and `.`. */
  readonly name?: string | undefined;
  /** By name, `'hash'`, or by number, BPF_MAP_TYPE_*. */
  readonly type: MapTypeName | number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of a per-CPU map, those of one CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* of map creation. */
  readonly flags?: number | undefined;
  /** What it means depends on the type. */
  readonly extra?: bigint | undefined;
  /** Where the memory should lie; BPF_F_NUMA_NODE is set for it. */
  readonly numaNode?: number | undefined;
  /** The device that the map is offloaded to. */
  readonly ifindex?: number | undefined;
  /** The types that the two ids below are of, as a BTF descriptor. */
  readonly btf?: { readonly fd: number } | undefined;
  readonly btfKeyTypeId?: number | undefined;
  readonly btfValueTypeId?: number | undefined;
  /** Of a map of maps: what an inner map looks like. */
  readonly innerMap?: { readonly fd: number } | undefined;
  /** Of a struct_ops map: the type of the value in the kernel's BTF, or in that of `valueTypeBtf`; since 5.6. */
  readonly btfVmlinuxValueTypeId?: number | undefined;
  /** The BTF of the module that has the type of the value; since 6.9. */
  readonly valueTypeBtf?: { readonly fd: number } | undefined;
  /** What permits it, for a process without the capabilities; since 6.9. */
  readonly token?: { readonly fd: number } | undefined;
}

/** The number of a map type given either way. Throws EncodeError for a name there is not. */
export function mapTypeNumber(type: MapTypeName | number): number {
  if (typeof type === 'number') return type;
  const number = (MAP_TYPES as Readonly<Record<string, number>>)[type];
  if (number === undefined) {
    throw new EncodeError(`no such map type: ${show(type)}; there are ${Object.keys(MAP_TYPES).join(', ')}`, 'type');
  }
  return number;
}

/** A map's name as the kernel takes it: at most 15 bytes, of which none is other than `[A-Za-z0-9_.]`. */
export function objectName(name: string): string {
  if (/[^\w.]/.test(name)) {
    throw new EncodeError(`may hold letters, digits, _ and . only, is ${show(name)}`, 'name');
  }
  return name.slice(0, BPF_OBJ_NAME_LEN - 1);
}

/** What the kernel refused without a reason. */
function shapeOf({ type, keySize, valueSize, maxEntries, flags = 0 }: MapOptions): string {
  const name = mapTypeName(mapTypeNumber(type));
  const sizes = `keySize ${keySize}, valueSize ${valueSize}, maxEntries ${maxEntries}, flags 0x${flags.toString(16)}`;
  return `a map of type ${name} cannot have ${sizes}`;
}

/** BPF_MAP_CREATE. Throws BpfError; UnsupportedError for a type that the kernel lacks; EncodeError. */
export function createMap(options: MapOptions): Fd {
  const { name = '', btf, innerMap, numaNode, valueTypeBtf, token, flags = 0 } = options;
  const subject = name === '' ? 'map' : `map ${name}`;
  try {
    const args = {
      mapType: mapTypeNumber(options.type),
      keySize: options.keySize,
      valueSize: options.valueSize,
      maxEntries: options.maxEntries,
      mapFlags:
        flags |
        (numaNode === undefined ? 0 : BPF_F_NUMA_NODE) |
        (valueTypeBtf === undefined ? 0 : BPF_F_VTYPE_BTF_OBJ_FD) |
        (token === undefined ? 0 : BPF_F_TOKEN_FD),
      mapName: objectName(name),
      mapExtra: options.extra,
      mapIfindex: options.ifindex,
      numaNode,
      innerMapFd: innerMap?.fd,
      btfFd: btf?.fd,
      btfKeyTypeId: btf === undefined ? undefined : options.btfKeyTypeId,
      btfValueTypeId: btf === undefined ? undefined : options.btfValueTypeId,
      btfVmlinuxValueTypeId: options.btfVmlinuxValueTypeId,
      valueTypeBtfObjFd: valueTypeBtf?.fd,
      mapTokenFd: token?.fd,
    };
    const { result } = attempt(MAP_CREATE, args);
    if (result >= 0) return new Fd(result, `BPF ${subject}`);
    if (result === -EINVAL) requireMapType(args.mapType);
    throw new BpfError(result, MAP_CREATE.name, subject, result === -EINVAL ? shapeOf(options) : undefined);
  } catch (error) {
    throw error instanceof EncodeError ? error.during(subject) : error;
  }
}
