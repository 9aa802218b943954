import { endianness } from 'node:os';
import { type Codec, type Fixed, fixed } from './codec.js';
import { compile } from './compile.js';
import { EncodeError } from './error.js';

/** The host's byte order is netlink's, bpf(2)'s, and that of BPF maps. */
export const LITTLE_ENDIAN = endianness() === 'LE';

type Method = 'Uint8' | 'Int8' | 'Uint16' | 'Int16' | 'Uint32' | 'Int32';

function integer(method: Method, size: number, signed: boolean, littleEndian = LITTLE_ENDIAN): Fixed<number> {
  const lowest = signed ? -(2 ** (8 * size - 1)) : 0;
  const highest = 2 ** (8 * size - (signed ? 1 : 0)) - 1;
  const refuse = (value: unknown): never => {
    throw new EncodeError(`must be an integer from ${lowest} to ${highest}, is ${show(value)}`);
  };
  return fixed(
    size,
    size,
    (offset) => `view.get${method}(${offset}, ${littleEndian})`,
    compile<(view: DataView, at: number, value: number) => void>(
      method,
      (use) => `(view, at, value) => {
        if (!Number.isInteger(value) || value < ${lowest} || value > ${highest}) ${use(refuse)}(value);
        view.set${method}(at, value, ${littleEndian});
      }`,
    )(),
  );
}

function bigInteger(signed: boolean, littleEndian = LITTLE_ENDIAN): Fixed<bigint, bigint | number> {
  const method = signed ? 'BigInt64' : 'BigUint64';
  // Most counters are 0, which needs no BigInt of its own: half the time for a link's statistics.
  const read = compile<(view: DataView, at: number) => bigint>(
    method,
    () =>
      `(view, at) => view.getInt32(at) === 0 && view.getInt32(at + 4) === 0 ? 0n : view.get${method}(at, ${littleEndian})`,
  );
  const refuse = (value: unknown): never => {
    const kind = signed ? 'a signed' : 'an unsigned';
    throw new EncodeError(`must be ${kind} 64-bit integer (bigint), is ${show(value)}`);
  };
  return fixed(
    8,
    8,
    (offset, use) => `${use(read())}(view, ${offset})`,
    compile<(view: DataView, at: number, value: bigint | number) => void>(
      method,
      (use) => `(view, at, value) => {
        const big = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
        if (typeof big !== 'bigint' || BigInt.${signed ? 'asIntN' : 'asUintN'}(64, big) !== big) ${use(refuse)}(value);
        view.set${method}(at, big, ${littleEndian});
      }`,
    )(),
  );
}

/** A value as it would be typed, for error messages; never throws. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

export const u8 = integer('Uint8', 1, false);
export const s8 = integer('Int8', 1, true);
/** Host byte order, as all integers here whose name does not begin with `be`. */
export const u16 = integer('Uint16', 2, false);
export const s16 = integer('Int16', 2, true);
export const u32 = integer('Uint32', 4, false);
export const s32 = integer('Int32', 4, true);
/** 64 bits, as bigint; a safe integer is accepted on the way in. */
export const u64 = bigInteger(false);
export const s64 = bigInteger(true);
/** Big endian: ports and protocols that go on the network as they are. */
export const be16 = integer('Uint16', 2, false, false);
export const be32 = integer('Uint32', 4, false, false);
export const be64 = bigInteger(false, false);

/** 32 or 64 bits, as many as the number needs: what the kernel's specifications call `uint`. Linux 6.7. */
export const uint: Codec<bigint, bigint | number> = {
  decode: (reader, start, end) =>
    end - start === 4 ? BigInt(u32.decode(reader, start, end)) : u64.decode(reader, start, end),
  encode(writer, value) {
    if ((typeof value === 'bigint' || typeof value === 'number') && value >= 0 && value <= 0xffffffff)
      u32.encode(writer, Number(value));
    else u64.encode(writer, value);
  },
};

/** A byte that the kernel reads as off (0) or on (anything else). */
export const bool: Fixed<boolean> = fixed(
  1,
  1,
  (offset) => `(view.getUint8(${offset}) !== 0)`,
  (view, at, value) => {
    if (typeof value !== 'boolean') throw new EncodeError(`must be true or false, is ${show(value)}`);
    view.setUint8(at, value ? 1 : 0);
  },
);

/** An attribute without payload: present means true. */
export const flag: Codec<true, boolean> = {
  omits: (value) => value === false,
  decode: () => true,
  encode(_writer, value) {
    if (value !== true) throw new EncodeError(`must be true or false, is ${show(value)}`);
  },
};
