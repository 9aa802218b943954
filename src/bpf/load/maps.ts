import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closedOnError, type Fd } from '../../sys/fd.js';
import { Memory } from '../../sys/memory.js';
import { pageSize } from '../../sys/page-size.js';
import type { SharedMemory } from '../../sys/shared-memory.js';
import { BPF_MAP_TYPE_ARENA, BPF_OBJ_NAME_LEN } from '../../uapi/bpf.js';
import { EncodeError } from '../../wire/error.js';
import { LITTLE_ENDIAN, show } from '../../wire/integers.js';
import { MAP_FREEZE, MAP_UPDATE_ELEM } from '../attr.js';
import { BpfError } from '../error.js';
import { createMap, type MapOptions } from '../map/create.js';
import { mapInfo } from '../map/info.js';
import { possibleCpus } from '../map/per-cpu.js';
import { IncompatibleMapError, mapDifferences } from '../map/reuse.js';
import { takesBtf } from '../map/types.js';
import { maxEntriesOf } from '../object/map-size.js';
import { pin, tryOpenPinned, unpin } from '../pin.js';
import type { MapSpec, ObjectSpec, Pinning, Slot } from '../spec.js';
import { bpf } from '../syscall.js';
import type { Token } from '../token.js';
import { mapArena } from './arena.js';
import type { TypeSource } from './kernel-types.js';
import type { Rollback } from './rollback.js';
import type { KernelValue, StructOps } from './struct-ops.js';

/** Where the maps of an object are pinned. */
export interface PinPlaces {
  /** For maps pinned by name. Default: `/sys/fs/bpf`. */
  readonly pinDirectory?: string | undefined;
  /** Where iproute2's `tc` directory is, for maps of the legacy forms. Default: `/sys/fs/bpf`. */
  readonly bpffs?: string | undefined;
}

/** What the maps of one object have in common. */
interface Context {
  readonly object: ObjectSpec;
  readonly btf: Fd | undefined;
  readonly places: PinPlaces;
  readonly rollback: Rollback;
  readonly kernel: TypeSource;
  readonly structOps: StructOps;
  readonly token: Token | undefined;
}

/** By name. */
export interface OpenMaps {
  readonly maps: ReadonlyMap<string, Fd>;
  /** Those of the arenas that were created. */
  readonly arenas: ReadonlyMap<string, SharedMemory>;
}

/** Creates the maps of an object, or opens those that are pinned already. The caller owns descriptors and memory. */
export function openMaps(context: Context): OpenMaps {
  const maps = new Map<string, Fd>();
  const arenas = new Map<string, SharedMemory>();
  const created: MapSpec[] = [];
  for (const spec of context.object.maps) {
    if (spec.autocreate === false) continue;
    const pinned = openPinnedMap(spec, context);
    const fd = pinned ?? makePinnedMap(spec, context);
    context.rollback.add(() => fd.close());
    maps.set(spec.name, fd);
    if (pinned === undefined) created.push(spec);
  }
  // A map that was there already has entries that somebody made.
  for (const spec of created) {
    const fd = maps.get(spec.name)!;
    fillSlots(spec, 'map', maps, fd.fd);
    if (spec.type !== BPF_MAP_TYPE_ARENA) continue;
    const memory = mapArena(fd, spec);
    context.rollback.add(() => memory.close());
    arenas.set(spec.name, memory);
  }
  return { maps, arenas };
}

/** Puts programs, or maps, into the entries that hold them from the start; those that are not loaded stay out. */
export function fillSlots(
  spec: MapSpec,
  kind: Slot['kind'],
  targets: ReadonlyMap<string, { readonly fd: number }>,
  mapFd: number,
): void {
  for (const { index, kind: slotKind, name } of spec.slots ?? []) {
    const target = slotKind === kind ? targets.get(name) : undefined;
    if (target === undefined) continue;
    const args = { mapFd, key: u32Memory(index), value: u32Memory(target.fd) };
    bpf(MAP_UPDATE_ELEM, args, `map ${spec.name}, entry ${index}`);
  }
}

function openPinnedMap(spec: MapSpec, { object, places }: Context): Fd | undefined {
  const path = pinPath(spec, object, places);
  const pinned = path === undefined ? undefined : tryOpenPinned(path, 'map');
  if (path === undefined || pinned === undefined) return undefined;
  return closedOnError(pinned, (fd) => {
    const differences = mapDifferences(mapInfo(fd.fd, fd.what), optionsOf(spec, object));
    if (differences.length > 0) throw new IncompatibleMapError(path, differences);
    return fd;
  });
}

function makePinnedMap(spec: MapSpec, context: Context): Fd {
  const path = pinPath(spec, context.object, context.places);
  const made = makeMap(spec, context);
  if (path === undefined) return made;
  return closedOnError(made, (fd) => {
    pinMap(fd, spec, path, context.rollback);
    return fd;
  });
}

interface Places {
  readonly pinDirectory: string;
  readonly bpffs: string;
}

/** `byName` is libbpf's place, the others are iproute2's (bpf_make_pathname, lib/bpf_legacy.c, v6.12). */
const PIN_PATHS: Readonly<Record<Pinning, (places: Places, object: ObjectSpec) => string | undefined>> = {
  none: () => undefined,
  byName: ({ pinDirectory }) => pinDirectory,
  // An object made by hand has no file.
  object: ({ bpffs }, { hash, name }) => join(bpffs, 'tc', hash ?? name),
  global: ({ bpffs }) => join(bpffs, 'tc', 'globals'),
};

/** Where a map is pinned; undefined if it is not. */
export function pinPath(spec: MapSpec, object: ObjectSpec, places: PinPlaces): string | undefined {
  const { pinDirectory = '/sys/fs/bpf', bpffs = '/sys/fs/bpf' } = places;
  const directory = PIN_PATHS[spec.pinning]({ pinDirectory, bpffs }, object);
  if (directory === undefined) return undefined;
  // An object must not choose its place outside of the directory.
  if (/^\.*$|\//.test(spec.name)) throw new EncodeError(`cannot be pinned under the name ${show(spec.name)}`, 'map');
  return join(directory, spec.name);
}

function pinMap(fd: Fd, spec: MapSpec, path: string, rollback: Rollback): void {
  // The directories that pin() makes go as well.
  const missing: string[] = [];
  for (let at = dirname(path); !existsSync(at); at = dirname(at)) missing.push(at);
  rollback.add(() => {
    // Somebody else may have pinned there meanwhile.
    for (const directory of missing) if (isEmpty(directory)) rmdirSync(directory);
  });
  pin(fd.fd, path, `map ${spec.name}`);
  rollback.add(() => unpin(path));
}

function isEmpty(directory: string): boolean {
  return existsSync(directory) && readdirSync(directory).length === 0;
}

function makeMap(spec: MapSpec, context: Context): Fd {
  const inner = spec.inner === undefined ? undefined : create(spec.inner, context);
  try {
    return closedOnError(create(spec, context, inner), (fd) => {
      fill(fd, spec);
      return fd;
    });
  } finally {
    // The outer map has copied what it needs.
    inner?.close();
  }
}

function create(spec: MapSpec, { object, btf, kernel, structOps, token }: Context, innerMap?: Fd): Fd {
  const { btfKeyTypeId, btfValueTypeId } = spec;
  const options = { ...optionsOf(spec, object), innerMap, token };
  const value = structOps.values.get(spec.name);
  if (value !== undefined) return createMap({ ...options, btf, ...kernelValue(value, kernel) });
  if (btf === undefined || !takesBtf(spec.type)) return createMap(options);
  try {
    return createMap({ ...options, btf, btfKeyTypeId, btfValueTypeId });
  } catch (error) {
    if (!(error instanceof BpfError) || (btfKeyTypeId === 0 && btfValueTypeId === 0)) throw error;
    // Older kernels take the types of fewer maps, and most can do without.
    return createMap(options);
  }
}

/** The value of a struct_ops map is a struct of the kernel; the object's own types have to be there all the same. */
function kernelValue({ typeId, contents, struct: { module } }: KernelValue, kernel: TypeSource): Partial<MapOptions> {
  const value = { valueSize: contents.length, btfVmlinuxValueTypeId: typeId };
  return module === undefined ? value : { ...value, valueTypeBtf: kernel.moduleFd(module) };
}

function optionsOf(spec: MapSpec, object: ObjectSpec): MapOptions {
  const { type, keySize, valueSize, flags, extra, numaNode, name } = spec;
  const maxEntries = maxEntriesOf(spec, { cpus: possibleCpus, pageSize });
  return { type, keySize, valueSize, maxEntries, flags, extra, numaNode, name: kernelName(name, object) };
}

function u32Memory(value: number): Memory {
  const memory = Memory.allocate(4);
  memory.view.setUint32(0, value, LITTLE_ENDIAN);
  return memory;
}

/** Bytes that a section's name counts for at least, where the object's has to be cut. */
const SHORTEST_SECTION = 7;

/**
 * Global data is called after its object, which may take 8 bytes or fewer, as in libbpf (v1.5): `tunnel.rodata`;
 * `.data.anything` stands for itself.
 */
function kernelName(name: string, object: ObjectSpec): string {
  if (!name.startsWith('.')) return name;
  const room = Math.max(0, BPF_OBJ_NAME_LEN - 1 - Math.max(SHORTEST_SECTION, name.length));
  const prefix = name.includes('.', 1) ? '' : object.name.replace(/\..*/s, '').slice(0, room);
  return (prefix + name).replace(/[^\w.]/g, '_');
}

function fill(fd: Fd, { name, type, contents, readOnly }: MapSpec): void {
  const subject = `map ${name}`;
  if (contents !== undefined && type !== BPF_MAP_TYPE_ARENA) {
    bpf(MAP_UPDATE_ELEM, { mapFd: fd.fd, key: Memory.allocate(4), value: Memory.from(contents) }, subject);
  }
  if (readOnly) bpf(MAP_FREEZE, { mapFd: fd.fd }, subject);
}
