import { ENOTSUPP } from '../../sys/errno.js';
import { keepReachable, Memory } from '../../sys/memory.js';
import { EINVAL, ENOENT, ENOSPC, EOPNOTSUPP } from '../../uapi/errno.js';
import { LITTLE_ENDIAN } from '../../wire/integers.js';
import { Reader } from '../../wire/reader.js';
import { MAP_GET_NEXT_KEY, MAP_LOOKUP_BATCH, MAP_LOOKUP_ELEM } from '../attr.js';
import { bpfRaw } from '../syscall.js';

/** A map under a walk. */
export interface Walked {
  readonly fd: number;
  readonly keySize: number;
  /** Of a whole value, all CPUs'. */
  readonly valueBytes: number;
  readonly maxEntries: number;
  /** Throws what a failed command means. */
  fail(command: string, result: number): never;
}

/** Some entries, one after another in memory that the next chunk overwrites. */
export interface Chunk {
  readonly keys: Reader;
  readonly values: Reader;
  readonly count: number;
}

/** Memory for one chunk. */
const CHUNK_BYTES = 1 << 18;
const MOST = 4096;
const LEAST = 64;

/** What a kernel answers that has no BPF_MAP_LOOKUP_BATCH (5.6), at all or for this type of map. */
const NO_BATCH = new Set([-EINVAL, -EOPNOTSUPP, -ENOTSUPP]);

/**
 * All entries, in the kernel's order. While others change the map, entries may be left out or come twice; a walk always
 * ends. By BPF_MAP_LOOKUP_BATCH where the kernel has it for the map's type, else key by key.
 */
export function* chunks(map: Walked, withValues: boolean): Generator<Chunk, void, void> {
  const room = Math.max(
    LEAST,
    Math.min(MOST, map.maxEntries, Math.floor(CHUNK_BYTES / (map.keySize + map.valueBytes))),
  );
  if (map.keySize === 0) map.fail(MAP_GET_NEXT_KEY.name, -EOPNOTSUPP);
  if (!(yield* byBatch(map, room))) yield* byKey(map, room, withValues);
}

/** Answers false if there is no batch. */
function* byBatch(map: Walked, firstRoom: number): Generator<Chunk, boolean, void> {
  const { attr, number, name } = MAP_LOOKUP_BATCH;
  const args = Memory.allocate(attr.size);
  // Where the walk stands: a key, or for a hash a bucket's number.
  const token = Memory.allocate(Math.max(map.keySize, 4));
  let room = firstRoom;
  let buffers = allocate(map, room);
  for (let first = true; ; ) {
    const inBatch = first ? undefined : token;
    attr.write(args.view, 0, { inBatch, outBatch: token, ...buffers.memory, count: room, mapFd: map.fd });
    const result = keepReachable([args, token, buffers], () => bpfRaw(number, args.address, attr.size));
    if (first && NO_BATCH.has(result)) return false;
    if (result === -ENOSPC) {
      // A bucket of a hash holds more entries than there is room for.
      room *= 2;
      buffers = allocate(map, room);
      continue;
    }
    if (result < 0 && result !== -ENOENT) map.fail(name, result);
    const count = args.view.getUint32(attr.offsets.count, LITTLE_ENDIAN);
    if (count > 0) yield { keys: buffers.keys, values: buffers.values, count };
    if (result === -ENOENT) return true;
    first = false;
  }
}

/**
 * BPF_MAP_GET_NEXT_KEY begins again at the first key when the one before was deleted meanwhile; so a walk ends after as
 * many keys as the map can hold, and does not go round for ever.
 */
function* byKey(map: Walked, room: number, withValues: boolean): Generator<Chunk, void, void> {
  const step = new Step(map);
  const buffers = allocate(map, room);
  let count = 0;
  for (let seen = 0; seen < map.maxEntries && step.next(); seen++) {
    if (withValues && !step.lookUp()) continue;
    buffers.memory.keys.bytes.set(step.key.bytes.subarray(0, map.keySize), count * map.keySize);
    buffers.memory.values.bytes.set(step.value.bytes.subarray(0, map.valueBytes), count * map.valueBytes);
    if (++count < room) continue;
    yield { keys: buffers.keys, values: buffers.values, count };
    count = 0;
  }
  if (count > 0) yield { keys: buffers.keys, values: buffers.values, count };
}

/** One key after another. */
class Step {
  readonly key: Memory;
  readonly value: Memory;
  readonly #map: Walked;
  readonly #args = Memory.allocate(MAP_LOOKUP_ELEM.attr.size);
  #first = true;

  constructor(map: Walked) {
    this.#map = map;
    this.key = Memory.allocate(map.keySize);
    this.value = Memory.allocate(map.valueBytes);
  }

  next(): boolean {
    const result = this.#call(MAP_GET_NEXT_KEY, this.#first ? undefined : this.key, this.key);
    this.#first = false;
    return this.#found(MAP_GET_NEXT_KEY.name, result);
  }

  /** False if the entry was deleted since. */
  lookUp(): boolean {
    return this.#found(MAP_LOOKUP_ELEM.name, this.#call(MAP_LOOKUP_ELEM, this.key, this.value));
  }

  #call(command: typeof MAP_LOOKUP_ELEM, key: Memory | undefined, value: Memory): number {
    const { attr, number } = command;
    this.#args.bytes.fill(0);
    attr.write(this.#args.view, 0, { mapFd: this.#map.fd, key, value });
    return keepReachable(this, () => bpfRaw(number, this.#args.address, attr.size));
  }

  #found(command: string, result: number): boolean {
    if (result === 0) return true;
    return result === -ENOENT ? false : this.#map.fail(command, result);
  }
}

function allocate(map: Walked, room: number) {
  const memory = { keys: Memory.allocate(room * map.keySize), values: Memory.allocate(room * map.valueBytes) };
  return { memory, keys: new Reader(memory.keys.bytes), values: new Reader(memory.values.bytes) };
}
