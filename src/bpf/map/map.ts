import { closedOnError, Fd } from '../../sys/fd.js';
import { Memory } from '../../sys/memory.js';
import { BPF_ANY } from '../../uapi/bpf.js';
import { E2BIG, EBUSY, EEXIST, EINVAL, ENOENT, EPERM } from '../../uapi/errno.js';
import { bytes } from '../../wire/bytes.js';
import type { Codec } from '../../wire/codec.js';
import { LITTLE_ENDIAN } from '../../wire/integers.js';
import { MAP_DELETE_ELEM, MAP_FREEZE, MAP_GET_FD_BY_ID, MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM } from '../attr.js';
import { BpfError } from '../error.js';
import { openPinned, pin } from '../pin.js';
import { bpf, bpfRaw } from '../syscall.js';
import { createMap, type MapOptions, mapTypeNumber, objectName } from './create.js';
import { type MapInfo, mapInfo } from './info.js';
import { possibleCpus, strideOf } from './per-cpu.js';
import { Slot } from './slot.js';
import { isArray, isPerCpu, mapTypeName } from './types.js';
import { type Chunk, chunks } from './walk.js';

/** How keys and values look in JavaScript; what is left out is bytes. */
export interface MapCodecs<Key, Value, KeyInput = Key, ValueInput = Value> {
  readonly key?: Codec<Key, KeyInput>;
  /** Of a per-CPU map, the values of all CPUs: `perCpu(u64, 8)` makes an array of them. */
  readonly value?: Codec<Value, ValueInput>;
}

/** What the shape of a map is known by. */
interface Shape {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** The memory of one map's single lookups and updates: built once, so that a call is one number into koffi. */
const ELEMENT = MAP_LOOKUP_ELEM.attr;

/**
 * A BPF map, as a JavaScript Map: `get`, `set`, `has`, `delete`, `size`, `for...of`. Every operation is a system call,
 * what the kernel refuses is thrown as BpfError, and a key or value of the wrong size as EncodeError.
 *
 * Close it when it is no longer needed; the map itself lives on in programs that use it and under its pins.
 */
export class BpfMap<Key = Uint8Array, Value = Uint8Array, KeyInput = Key, ValueInput = Value>
  implements Iterable<[Key, Value]>
{
  /** As the kernel has it: 15 bytes at most; empty for a map without. */
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of a per-CPU map, those of one CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly #fd: Fd;
  readonly #codecs: Required<MapCodecs<Key, Value, KeyInput, ValueInput>>;
  /** Bytes of a whole value, all CPUs'. */
  readonly #valueBytes: number;
  readonly #key: Slot<Key, KeyInput>;
  readonly #found: Slot<Value, ValueInput>;
  readonly #given: Slot<Value, ValueInput>;
  readonly #lookup = Memory.allocate(ELEMENT.size);
  readonly #update = Memory.allocate(ELEMENT.size);
  /** Where the low half of the 64-bit flags is. */
  readonly #flagsAt = ELEMENT.offsets.flags + (LITTLE_ENDIAN ? 0 : 4);

  private constructor(fd: Fd, shape: Shape, codecs: MapCodecs<Key, Value, KeyInput, ValueInput> = {}) {
    this.#fd = fd;
    this.name = shape.name;
    this.type = shape.type;
    this.keySize = shape.keySize;
    this.valueSize = shape.valueSize;
    this.maxEntries = shape.maxEntries;
    // Without codecs the type parameters are Uint8Array, their default.
    const { key = bytes, value = bytes } = codecs;
    this.#codecs = { key, value } as Required<MapCodecs<Key, Value, KeyInput, ValueInput>>;
    this.#valueBytes = isPerCpu(this.type) ? strideOf(this.valueSize) * possibleCpus() : this.valueSize;
    this.#key = new Slot(this.#codecs.key, this.keySize, `${this.#subject}: key`);
    this.#found = new Slot(this.#codecs.value, this.#valueBytes, `${this.#subject}: value`);
    this.#given = new Slot(this.#codecs.value, this.#valueBytes, `${this.#subject}: value`);
    this.#point(fd.fd);
  }

  /** Creates a map. Throws BpfError; EncodeError for a value that does not fit. */
  static create<Key = Uint8Array, Value = Uint8Array, KeyInput = Key, ValueInput = Value>(
    options: MapOptions,
    codecs?: MapCodecs<Key, Value, KeyInput, ValueInput>,
  ): BpfMap<Key, Value, KeyInput, ValueInput> {
    const { name = '', keySize, valueSize, maxEntries } = options;
    const shape = { name: objectName(name), type: mapTypeNumber(options.type), keySize, valueSize, maxEntries };
    return new BpfMap(createMap(options), shape, codecs);
  }

  /** Opens the map pinned at `path`; `fileFlags` may be BPF_F_RDONLY or BPF_F_WRONLY. */
  static open<Key = Uint8Array, Value = Uint8Array, KeyInput = Key, ValueInput = Value>(
    path: string,
    codecs?: MapCodecs<Key, Value, KeyInput, ValueInput>,
    fileFlags = 0,
  ): BpfMap<Key, Value, KeyInput, ValueInput> {
    return BpfMap.fromFd(openPinned(path, 'map', fileFlags), codecs);
  }

  /** Opens the map with the kernel's number `id`; needs CAP_SYS_ADMIN. Throws BpfError (ENOENT). */
  static fromId<Key = Uint8Array, Value = Uint8Array, KeyInput = Key, ValueInput = Value>(
    id: number,
    codecs?: MapCodecs<Key, Value, KeyInput, ValueInput>,
  ): BpfMap<Key, Value, KeyInput, ValueInput> {
    const { result } = bpf(MAP_GET_FD_BY_ID, { id }, `map ${id}`);
    return BpfMap.fromFd(new Fd(result, `BPF map ${id}`), codecs);
  }

  /** Takes over a descriptor of a map; it is closed if it turns out to be none. */
  static fromFd<Key = Uint8Array, Value = Uint8Array, KeyInput = Key, ValueInput = Value>(
    fd: Fd,
    codecs?: MapCodecs<Key, Value, KeyInput, ValueInput>,
  ): BpfMap<Key, Value, KeyInput, ValueInput> {
    return closedOnError(fd, () => new BpfMap(fd, mapInfo(fd.fd, fd.what), codecs));
  }

  /** The descriptor; throws ClosedError once closed. */
  get fd(): number {
    return this.#fd.fd;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /** The value of `key`; undefined if there is none. */
  get(key: KeyInput): Value | undefined {
    this.#key.write(key);
    return this.#keyed(MAP_LOOKUP_ELEM) ? this.#found.read() : undefined;
  }

  has(key: KeyInput): boolean {
    this.#key.write(key);
    return this.#keyed(MAP_LOOKUP_ELEM);
  }

  /** `flags` may be BPF_NOEXIST (then EEXIST), BPF_EXIST (then ENOENT), BPF_F_LOCK. */
  set(key: KeyInput, value: ValueInput, flags: number = BPF_ANY): this {
    this.#key.write(key);
    this.#given.write(value);
    this.#update.view.setUint32(this.#flagsAt, flags, LITTLE_ENDIAN);
    const result = bpfRaw(MAP_UPDATE_ELEM.number, this.#update.address, ELEMENT.size);
    return result === 0 ? this : this.#fail(MAP_UPDATE_ELEM.name, result);
  }

  /** Whether there was an entry to delete. Those of an array cannot be deleted (EINVAL). */
  delete(key: KeyInput): boolean {
    this.#key.write(key);
    return this.#keyed(MAP_DELETE_ELEM);
  }

  /** Deletes all entries, one by one. */
  clear(): void {
    const { keySize } = this;
    for (const { keys, count } of this.#chunks(false)) {
      for (let i = 0; i < count; i++) {
        this.#key.writeBytes(keys.bytes.subarray(i * keySize, (i + 1) * keySize));
        this.#keyed(MAP_DELETE_ELEM);
      }
    }
  }

  /** How many entries there are: counted by a walk, except for arrays, which are always full. */
  get size(): number {
    if (isArray(this.type)) return this.maxEntries;
    let size = 0;
    for (const { count } of this.#chunks(false)) size += count;
    return size;
  }

  /**
   * All entries, in the kernel's order. While others change the map, entries may be left out or come twice; a walk
   * always ends.
   */
  *entries(): Generator<[Key, Value], void, void> {
    const { key, value } = this.#codecs;
    const { keySize } = this;
    const valueBytes = this.#valueBytes;
    for (const { keys, values, count } of this.#chunks(true)) {
      for (let i = 0; i < count; i++) {
        yield [
          key.decode(keys, i * keySize, (i + 1) * keySize),
          value.decode(values, i * valueBytes, (i + 1) * valueBytes),
        ];
      }
    }
  }

  *keys(): Generator<Key, void, void> {
    const { keySize } = this;
    for (const { keys, count } of this.#chunks(false)) {
      for (let i = 0; i < count; i++) yield this.#codecs.key.decode(keys, i * keySize, (i + 1) * keySize);
    }
  }

  *values(): Generator<Value, void, void> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[Key, Value], void, void> {
    return this.entries();
  }

  forEach(callback: (value: Value, key: Key, map: this) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** What the kernel says about the map. */
  info(): MapInfo {
    return mapInfo(this.fd, this.#subject);
  }

  /** Forbids changes from user space for ever (BPF_MAP_FREEZE, Linux 5.2). */
  freeze(): void {
    bpf(MAP_FREEZE, { mapFd: this.fd }, this.#subject);
  }

  /** Gives the map a name on a BPF file system, which keeps it alive until `unpin(path)`. Makes missing directories. */
  pin(path: string): void {
    pin(this.fd, path, this.#subject);
  }

  /** May be called again, without effect. */
  close(): void {
    if (this.closed) return;
    this.#fd.close();
    // The kernel refuses this number; the error then says that the map is closed.
    this.#point(0xffff_ffff);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #subject(): string {
    return this.name === '' ? 'map' : `map ${this.name}`;
  }

  /** Looks up or deletes the key that was written; whether there was one. */
  #keyed(command: typeof MAP_LOOKUP_ELEM | typeof MAP_DELETE_ELEM): boolean {
    // Deleting takes the same arguments, without the value.
    const result = bpfRaw(command.number, this.#lookup.address, command.attr.size);
    if (result === 0) return true;
    return result === -ENOENT ? false : this.#fail(command.name, result);
  }

  #point(fd: number): void {
    write(this.#lookup, fd, this.#key.address, this.#found.address);
    write(this.#update, fd, this.#key.address, this.#given.address);
  }

  #chunks(withValues: boolean): Generator<Chunk, void, void> {
    const { fd, keySize, maxEntries } = this;
    const fail = (command: string, result: number): never => this.#fail(command, result);
    return chunks({ fd, keySize, valueBytes: this.#valueBytes, maxEntries, fail }, withValues);
  }

  #fail(command: string, result: number): never {
    void this.fd; // throws ClosedError, which is the reason then
    throw new BpfError(result, command, this.#subject, this.#hint(command, -result));
  }

  #hint(command: string, errno: number): string | undefined {
    const { maxEntries, type } = this;
    if (errno === E2BIG && isArray(type)) return `the index is not below its maxEntries, ${maxEntries}`;
    if (errno === E2BIG) return `it is full, with maxEntries ${maxEntries}`;
    if (errno === EEXIST) return 'the entry is there already';
    if (errno === ENOENT) return 'there is no such entry';
    if (errno === EINVAL && command === MAP_DELETE_ELEM.name)
      return `entries of ${mapTypeName(type)} maps cannot be deleted`;
    if (errno === EPERM) return 'it is frozen, or opened or made without this access';
    return errno === EBUSY ? 'somebody else is changing the same entry' : undefined;
  }
}

/** Addresses that are 0 are those of the keys that a queue does not have. */
function write(memory: Memory, fd: number, key: number, value: number): void {
  const { offsets } = ELEMENT;
  memory.view.setUint32(offsets.mapFd, fd, LITTLE_ENDIAN);
  memory.view.setBigUint64(offsets.key, BigInt(key), LITTLE_ENDIAN);
  memory.view.setBigUint64(offsets.value, BigInt(value), LITTLE_ENDIAN);
}
