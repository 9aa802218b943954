import { bpfMapInfo, isFrozen, memlockOf, objectInfo } from '../info.js';
import { mapTypeName } from './types.js';

/** What the kernel says about a map. */
export interface MapInfo {
  /** The kernel's number, for `bpftool map show id N`. */
  readonly id: number;
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  /** `hash`, as bpftool has it. */
  readonly typeName: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of a per-CPU map, those of one CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* of map creation. */
  readonly flags: number;
  readonly extra: bigint;
  /** The device it is offloaded to, or 0. */
  readonly ifindex: number;
  /** The BTF object that the two ids below are of, or 0. */
  readonly btfId: number;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  /** Bytes of memory that it takes. */
  readonly memlock: number;
  /** Cannot be changed from user space any more. */
  readonly frozen: boolean;
}

/** Asks the kernel about the map behind `fd`. Throws BpfError (EBADF, EINVAL) if it is none. */
export function mapInfo(fd: number, subject: string): MapInfo {
  const { mapFlags, mapExtra, type, ...info } = objectInfo(fd, bpfMapInfo, subject);
  return {
    id: info.id,
    name: info.name,
    type,
    typeName: mapTypeName(type),
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: mapFlags,
    extra: mapExtra,
    ifindex: info.ifindex,
    btfId: info.btfId,
    btfKeyTypeId: info.btfKeyTypeId,
    btfValueTypeId: info.btfValueTypeId,
    memlock: memlockOf(fd),
    frozen: isFrozen(fd),
  };
}
