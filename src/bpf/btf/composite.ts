import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import type { Reader } from '../../wire/reader.js';
import type { Slot } from './slot.js';

/** A field of a struct or union. */
export interface Member {
  readonly name: string;
  /** Bytes from the start. */
  readonly offset: number;
  readonly slot: Slot;
  /** An anonymous struct or union, whose members count as the parent's. */
  readonly inlined: boolean;
}

/** A struct or a union, as an object. */
export function composite(size: number, members: readonly Member[]): Slot & Composite {
  const names = new Set(members.flatMap(({ name, slot, inlined }) => (inlined ? [...namesOf(slot)] : [name])));
  names.delete(''); // padding
  const readInto = (values: Record<string, unknown>, reader: Reader, at: number): void => {
    for (const { name, offset, slot, inlined } of members) {
      if (inlined) (slot as Slot & Composite).readInto(values, reader, at + offset);
      else if (name !== '') define(values, name, slot.read(reader, at + offset));
    }
  };
  const writeFrom = (view: DataView, at: number, values: Readonly<Record<string, unknown>>): void => {
    for (const { name, offset, slot, inlined } of members) {
      if (inlined) (slot as Slot & Composite).writeFrom(view, at + offset, values);
      else if (name !== '' && Object.hasOwn(values, name)) writeMember(slot, view, at + offset, name, values[name]);
    }
  };
  return {
    size,
    names,
    values: 1 + members.reduce((sum, { slot }) => sum + slot.values, 0),
    readInto,
    writeFrom,
    read(reader, at) {
      const values = {};
      readInto(values, reader, at);
      return values;
    },
    write(view, at, value) {
      if (typeof value !== 'object' || value === null) throw new EncodeError(`must be an object, is ${show(value)}`);
      for (const key of Object.keys(value)) if (!names.has(key)) throw new EncodeError('no such member', key);
      writeFrom(view, at, value as Record<string, unknown>);
    },
  };
}

/** What an anonymous struct lends to the one around it. */
interface Composite {
  readonly names: ReadonlySet<string>;
  readInto(values: Record<string, unknown>, reader: Reader, at: number): void;
  writeFrom(view: DataView, at: number, values: Readonly<Record<string, unknown>>): void;
}

const namesOf = (slot: Slot): ReadonlySet<string> => (slot as Slot & Composite).names;

/** Sets a member of any name: `__proto__` is one in C. */
function define(values: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') values[name] = value;
  else Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Says of errors in which member they are. */
export function writeMember(slot: Slot, view: DataView, at: number, name: string, value: unknown): void {
  if (value === undefined) return;
  try {
    slot.write(view, at, value);
  } catch (error) {
    throw error instanceof EncodeError ? error.within(name) : error;
  }
}

/** What a bit-field's bits become in JavaScript. */
type As = 'number' | 'bigint' | 'boolean';

/** `bits` bits that begin `shift` bits into a byte, lowest first: little endian. */
export function bitField(shift: number, bits: number, as: As, signed: boolean): Slot {
  const size = Math.ceil((shift + bits) / 8);
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
  return {
    size,
    values: 1,
    read({ view }, at) {
      const value = wrap(bits, gather(view, at, size) >> BigInt(shift));
      return as === 'bigint' ? value : as === 'number' ? Number(value) : value !== 0n;
    },
    write(view, at, value) {
      const big = toBigInt(value);
      if (big === undefined || (as !== 'boolean' && wrap(bits, big) !== big)) {
        throw new EncodeError(
          `must be ${signed ? 'a signed' : 'an unsigned'} integer of ${bits} bits, is ${show(value)}`,
        );
      }
      const mask = (1n << BigInt(bits)) - 1n;
      const others = gather(view, at, size) & ~(mask << BigInt(shift));
      scatter(view, at, size, others | ((big & mask) << BigInt(shift)));
    },
  };
}

function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return BigInt(value as boolean | number);
  return typeof value === 'bigint' ? value : undefined;
}

function gather(view: DataView, at: number, size: number): bigint {
  let value = 0n;
  for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(view.getUint8(at + index));
  return value;
}

function scatter(view: DataView, at: number, size: number, value: bigint): void {
  for (let index = 0; index < size; index++) view.setUint8(at + index, Number((value >> BigInt(8 * index)) & 0xffn));
}
