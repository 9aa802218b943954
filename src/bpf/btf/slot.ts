import { bytes } from '../../wire/bytes.js';
import type { Fixed } from '../../wire/codec.js';
import { EncodeError } from '../../wire/error.js';
import { bool, LITTLE_ENDIAN, s8, s16, s32, s64, show, u8, u16, u32, u64 } from '../../wire/integers.js';
import type { Reader } from '../../wire/reader.js';
import { text } from '../../wire/text.js';

/** How a value of a BTF type lies in memory. Made from data, so of closures, never of generated text. */
export interface Slot {
  /** Bytes. */
  readonly size: number;
  /** How many single values it stands for: 1, or the members of a struct and the items of an array, all the way down. */
  readonly values: number;
  read(reader: Reader, at: number): unknown;
  /** The memory is zero before. */
  write(view: DataView, at: number, value: unknown): void;
}

function slotOf<In>(codec: Fixed<unknown, In>): Slot {
  const { size } = codec.inPlace;
  return {
    size,
    values: 1,
    read: (reader, at) => codec.decode(reader, at, at + size),
    write: (view, at, value) => codec.write(view, at, value as In),
  };
}

export const boolSlot = slotOf(bool);
export const pointerSlot = slotOf(u64);

/** `__int128`, of two halves in the host's byte order. */
function wideSlot(signed: boolean): Slot {
  const [low, high] = LITTLE_ENDIAN ? [0, 8] : [8, 0];
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
  return {
    size: 16,
    values: 1,
    read: ({ view }, at) =>
      wrap(128, (view.getBigUint64(at + high, LITTLE_ENDIAN) << 64n) | view.getBigUint64(at + low, LITTLE_ENDIAN)),
    write(view, at, value) {
      const big = Number.isSafeInteger(value) ? BigInt(value as number) : value;
      if (typeof big !== 'bigint' || wrap(128, big) !== big) {
        throw new EncodeError(
          `must be ${signed ? 'a signed' : 'an unsigned'} 128-bit integer (bigint), is ${show(value)}`,
        );
      }
      view.setBigUint64(at + low, BigInt.asUintN(64, big), LITTLE_ENDIAN);
      view.setBigUint64(at + high, BigInt.asUintN(64, big >> 64n), LITTLE_ENDIAN);
    },
  };
}

const UNSIGNED: Readonly<Record<number, Slot>> = {
  ...{ 1: slotOf(u8), 2: slotOf(u16), 4: slotOf(u32), 8: pointerSlot, 16: wideSlot(false) },
};
const SIGNED: Readonly<Record<number, Slot>> = {
  ...{ 1: slotOf(s8), 2: slotOf(s16), 4: slotOf(s32), 8: slotOf(s64), 16: wideSlot(true) },
};

/** An integer of 1, 2, 4, 8 or 16 bytes; undefined for other sizes. */
export function integerSlot(size: number, signed: boolean): Slot | undefined {
  return (signed ? SIGNED : UNSIGNED)[size];
}

/** `float` or `double`; undefined for other sizes. */
export function floatSlot(size: number): Slot | undefined {
  if (size !== 4 && size !== 8) return undefined;
  const bits = size === 4 ? 'Float32' : 'Float64';
  return {
    size,
    values: 1,
    read: ({ view }, at) => view[`get${bits}`](at, LITTLE_ENDIAN),
    write(view, at, value) {
      if (typeof value !== 'number') throw new EncodeError(`must be a number, is ${show(value)}`);
      view[`set${bits}`](at, value, LITTLE_ENDIAN);
    },
  };
}

/** `unsigned char[size]`. */
export function bytesSlot(size: number): Slot {
  return {
    size,
    values: 1,
    read: (reader, at) => bytes.decode(reader, at, at + size),
    write(view, at, value) {
      if (!(value instanceof Uint8Array)) throw new EncodeError(`must be a Uint8Array, is ${show(value)}`);
      put(view, at, size, value);
    },
  };
}

/** `char[size]`. */
export function textSlot(size: number): Slot {
  return {
    size,
    values: 1,
    read: (reader, at) => text.decode(reader, at, at + size),
    write(view, at, value) {
      if (typeof value !== 'string') throw new EncodeError(`must be a string, is ${show(value)}`);
      if (value.includes('\0')) throw new EncodeError('must not contain a NUL character');
      put(view, at, size, new TextEncoder().encode(value));
    },
  };
}

function put(view: DataView, at: number, size: number, value: Uint8Array): void {
  if (value.length > size) throw new EncodeError(`must have at most ${size} bytes, has ${value.length}`);
  new Uint8Array(view.buffer, view.byteOffset + at, size).set(value);
}
