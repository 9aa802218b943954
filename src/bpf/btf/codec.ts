import { BTF_INT_BOOL, BTF_INT_SIGNED } from '../../uapi/btf.js';
import type { Codec } from '../../wire/codec.js';
import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import type { Reader } from '../../wire/reader.js';
import { bitField, composite, type Member } from './composite.js';
import { flexibleTail, lengthOf, withTail } from './flexible.js';
import { DEEPEST, resolve, sizeOf, typeError, typeOf } from './resolve.js';
import { boolSlot, bytesSlot, floatSlot, integerSlot, pointerSlot, type Slot, textSlot } from './slot.js';
import type { Btf, BtfComposite, BtfDataSection, BtfEnum, BtfEnum64, BtfInt } from './types.js';

/** More single values than anybody wants as JavaScript objects; hostile types may nest without end. */
const MOST_VALUES = 1 << 20;

/** A codec made from a type; all values have the same size, but for those that end in a flexible array. */
export interface BtfCodec extends Codec<unknown> {
  /** sizeof, in bytes; a flexible array counts as empty. */
  readonly size: number;
}

/**
 * The codec of values of type `id`, such as a map's key or value.
 *
 * Integers and enums are numbers, those of 64 and 128 bits and pointers bigint, `_Bool` is boolean, `char[N]` is text up
 * to its NUL, `unsigned char[N]` is a Uint8Array, other arrays are arrays. Enums are not names: a value may have several
 * names, or none; `nlbpf types` writes tables of them. Structs are objects with a member per field, those of
 * anonymous structs and unions side by side with the rest; of a union, each member is given, and on the way in those
 * present are written in the order of their declaration. What is left out is zero. A section of global variables is like
 * a struct of them. A flexible array at the end of a struct (`items[]`) has as many items as there are bytes for.
 *
 * @throws DecodeError when the type has no size, does not fit in itself, or stands for more than a million values.
 */
export function codecOf(btf: Btf, id: number): BtfCodec {
  const slots = new Slots(btf);
  const slot = slots.of(id);
  const tail = flexibleTail(btf, id);
  const sized = (bytes: number): Slot => {
    const count = tail === undefined ? 0 : Math.floor((bytes - tail.offset) / tail.itemSize);
    return tail === undefined || count <= 0 ? slot : withTail(slot, tail, slots.array(tail.item, count));
  };
  return {
    size: slot.size,
    decode(reader, start, end) {
      if (end - start < slot.size) reader.fail(start, `needs ${slot.size} bytes, has ${end - start}`);
      return sized(end - start).read(reader, start);
    },
    encode(writer, value) {
      const whole = sized(tail === undefined ? slot.size : tail.offset + tail.itemSize * lengthOf(value, tail.name));
      const at = writer.grow(whole.size);
      whole.write(writer.view, at, value);
    },
  };
}

/** The slots of types, each made once. */
class Slots {
  readonly #btf: Btf;
  readonly #known = new Map<number, Slot>();
  /** How many types are being made, each within the one before. */
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  of(declared: number): Slot {
    const { id } = resolve(this.#btf, declared);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (++this.#depth > DEEPEST)
      throw typeError(this.#btf, id, `is more than ${DEEPEST} types deep, or contains itself`);
    const slot = this.#make(id);
    this.#depth--;
    if (slot.values > MOST_VALUES) throw typeError(this.#btf, id, `stands for more than ${MOST_VALUES} values`);
    this.#known.set(id, slot);
    return slot;
  }

  #make(id: number): Slot {
    const type = typeOf(this.#btf, id);
    if (type.kind === 'var') return this.of(type.type);
    if (type.kind === 'ptr') return pointerSlot;
    if (type.kind === 'int' || type.kind === 'enum' || type.kind === 'enum64') return this.#scalar(id, type);
    if (type.kind === 'float') return floatSlot(type.size) ?? this.#refuse(id, `has ${type.size} bytes`);
    if (type.kind === 'array') {
      sizeOf(this.#btf, id); // refuses what is too large
      return this.array(type.type, type.length);
    }
    if (type.kind === 'struct' || type.kind === 'union') return this.#composite(id, type);
    if (type.kind === 'datasec') return this.#section(id, type);
    return this.#refuse(id, 'has no values');
  }

  /** Before anything is made for each of the members. */
  #limit(id: number, members: readonly Member[]): void {
    const values = members.reduce((sum, { slot }) => sum + slot.values, 0);
    if (values > MOST_VALUES) this.#refuse(id, `stands for more than ${MOST_VALUES} values`);
  }

  #refuse(id: number, reason: string): never {
    throw typeError(this.#btf, id, reason);
  }

  #scalar(id: number, type: BtfInt | BtfEnum | BtfEnum64): Slot {
    if (isBool(type)) return boolSlot;
    return integerSlot(type.size, isSigned(type)) ?? this.#refuse(id, `is an integer of ${type.size} bytes`);
  }

  array(itemType: number, length: number): Slot {
    const item = resolve(this.#btf, itemType).type;
    if (item.kind === 'int' && item.size === 1 && !isBool(item)) {
      if (item.name === 'char') return textSlot(length);
      if (!isSigned(item)) return bytesSlot(length);
    }
    const slot = this.of(itemType);
    if (length * slot.values > MOST_VALUES)
      this.#refuse(itemType, `as an array, stands for more than ${MOST_VALUES} values`);
    return arraySlot(slot, length);
  }

  #composite(id: number, type: BtfComposite): Slot {
    const members = type.members.map((member): Member => {
      const { type: target } = resolve(this.#btf, member.type);
      const offset = Math.floor(member.bitOffset / 8);
      // Before clang 7 and pahole 1.12, a bit-field's size was its integer's.
      const bits = member.bitSize || (target.kind === 'int' && target.bits < 8 * target.size ? target.bits : 0);
      const isField = bits > 0 || member.bitOffset % 8 !== 0;
      const slot = isField ? this.#bitField(member.type, member.bitOffset % 8, bits) : this.of(member.type);
      if (offset + slot.size > type.size) this.#refuse(id, `member ${member.name} does not fit`);
      const inlined = member.name === '' && (target.kind === 'struct' || target.kind === 'union');
      return { name: member.name, offset, slot, inlined };
    });
    this.#limit(id, members);
    return composite(type.size, members);
  }

  /** Global variables, as one struct. */
  #section(id: number, { size, variables }: BtfDataSection): Slot {
    const members = variables.map(({ type, offset }): Member => {
      const { name } = typeOf(this.#btf, type);
      const slot = this.of(type);
      if (offset + slot.size > size) this.#refuse(id, `variable ${name} does not fit`);
      return { name, offset, slot, inlined: false };
    });
    this.#limit(id, members);
    return composite(size, members);
  }

  #bitField(id: number, shift: number, bits: number): Slot {
    const { type } = resolve(this.#btf, id);
    if (type.kind !== 'int' && type.kind !== 'enum' && type.kind !== 'enum64')
      this.#refuse(id, 'cannot be a bit-field');
    if (bits === 0 || bits > 8 * type.size) this.#refuse(id, `cannot be a bit-field of ${bits} bits`);
    return bitField(shift, bits, isBool(type) ? 'boolean' : type.size > 4 ? 'bigint' : 'number', isSigned(type));
  }
}

const isSigned = (type: BtfInt | BtfEnum | BtfEnum64): boolean =>
  type.kind === 'int' ? (type.encoding & BTF_INT_SIGNED) !== 0 : type.signed;

const isBool = (type: BtfInt | BtfEnum | BtfEnum64): boolean =>
  type.kind === 'int' && type.size === 1 && (type.encoding & BTF_INT_BOOL) !== 0;

function arraySlot(item: Slot, length: number): Slot {
  return {
    size: length * item.size,
    values: 1 + length * item.values,
    read: (reader: Reader, at) => Array.from({ length }, (_, index) => item.read(reader, at + index * item.size)),
    write(view, at, value) {
      if (!Array.isArray(value) || value.length > length) {
        throw new EncodeError(`must be an array of ${length}, is ${Array.isArray(value) ? value.length : show(value)}`);
      }
      value.forEach((member, index) => {
        item.write(view, at + index * item.size, member);
      });
    },
  };
}
