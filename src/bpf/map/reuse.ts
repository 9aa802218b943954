import { BPF_F_RDONLY_PROG, BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH } from '../../uapi/bpf.js';
import { NlbpfError } from '../../wire/error.js';
import { tryOpenPinned } from '../pin.js';
import { type MapOptions, mapTypeNumber } from './create.js';
import type { MapInfo } from './info.js';
import { BpfMap, type MapCodecs } from './map.js';
import { mapTypeName } from './types.js';

/** A property in which a pinned map differs from the one that is wanted. */
export interface MapDifference {
  readonly property: 'type' | 'keySize' | 'valueSize' | 'maxEntries' | 'flags';
  readonly pinned: number;
  readonly wanted: number;
}

/** A map is pinned where another one is wanted. */
export class IncompatibleMapError extends NlbpfError {
  override readonly name = 'IncompatibleMapError';
  override readonly code = 'ERR_INCOMPATIBLE_MAP';
  readonly path: string;
  /** Every property that differs. */
  readonly differences: readonly MapDifference[];

  constructor(path: string, differences: readonly MapDifference[]) {
    const text = differences.map(describe).join(', ');
    super(`the map pinned at ${path} cannot be used again: ${text}; unpin it, or make the definitions agree`);
    this.path = path;
    this.differences = differences;
  }
}

/**
 * The map pinned at `path`, if it is what `options` would create; undefined if nothing is pinned there.
 *
 * Throws {@link IncompatibleMapError}, which names each property that differs, and EncodeError if it is no map at all.
 */
export function reuseMap<Key = Uint8Array, Value = Uint8Array, KeyInput = Key, ValueInput = Value>(
  path: string,
  options: MapOptions,
  codecs?: MapCodecs<Key, Value, KeyInput, ValueInput>,
): BpfMap<Key, Value, KeyInput, ValueInput> | undefined {
  const fd = tryOpenPinned(path, 'map');
  if (fd === undefined) return undefined;
  const map = BpfMap.fromFd(fd, codecs);
  const differences = mapDifferences(map.info(), options);
  if (differences.length === 0) return map;
  map.close();
  throw new IncompatibleMapError(path, differences);
}

/** In what an existing map differs from what is wanted; names and BTF may. */
export function mapDifferences(info: MapInfo, options: MapOptions): MapDifference[] {
  const type = mapTypeNumber(options.type);
  const wanted = {
    type,
    keySize: options.keySize,
    valueSize: options.valueSize,
    maxEntries: options.maxEntries,
    flags: (options.flags ?? 0) | impliedFlags(type),
  };
  return (Object.keys(wanted) as (keyof typeof wanted)[])
    .filter((property) => info[property] !== wanted[property])
    .map((property) => ({ property, pinned: info[property], wanted: wanted[property] }));
}

/** The kernel makes these read-only for programs, asked or not (dev_map_init_map in kernel/bpf/devmap.c, v6.12). */
function impliedFlags(type: number): number {
  return type === BPF_MAP_TYPE_DEVMAP || type === BPF_MAP_TYPE_DEVMAP_HASH ? BPF_F_RDONLY_PROG : 0;
}

const LABELS: Readonly<Record<MapDifference['property'], string>> = {
  type: 'type',
  keySize: 'key size',
  valueSize: 'value size',
  maxEntries: 'max entries',
  flags: 'flags',
};

function describe({ property, pinned, wanted }: MapDifference): string {
  const show = (value: number): string => {
    if (property === 'type') return mapTypeName(value);
    return property === 'flags' ? `0x${value.toString(16)}` : String(value);
  };
  return `${LABELS[property]} is ${show(pinned)} and should be ${show(wanted)}`;
}
