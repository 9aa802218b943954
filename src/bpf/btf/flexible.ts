import { writeMember } from './composite.js';
import { resolve, sizeOf } from './resolve.js';
import type { Slot } from './slot.js';
import type { Btf } from './types.js';

/** The last member of a struct, if it is an array without a length: `struct entry items[]`. */
export interface Tail {
  readonly name: string;
  /** Bytes from the start of the struct; it may begin before the struct's end, in what would be padding. */
  readonly offset: number;
  /** The items' type. */
  readonly item: number;
  /** Bytes. */
  readonly itemSize: number;
}

export function flexibleTail(btf: Btf, id: number): Tail | undefined {
  const { type } = resolve(btf, id);
  const last = type.kind === 'struct' ? type.members.at(-1) : undefined;
  if (last === undefined || last.name === '') return undefined;
  const { type: array } = resolve(btf, last.type);
  if (array.kind !== 'array' || array.length !== 0) return undefined;
  const itemSize = sizeOf(btf, array.type);
  return itemSize === 0 ? undefined : { name: last.name, offset: last.bitOffset / 8, item: array.type, itemSize };
}

/** Items, characters or bytes of member `name`. */
export function lengthOf(value: unknown, name: string): number {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return 0;
  const member = (value as Readonly<Record<string, unknown>>)[name];
  if (typeof member === 'string') return new TextEncoder().encode(member).length;
  return Array.isArray(member) || member instanceof Uint8Array ? member.length : 0;
}

/** A struct whose last member has items. */
export function withTail(struct: Slot, { name, offset }: Tail, items: Slot): Slot {
  return {
    size: Math.max(struct.size, offset + items.size),
    values: struct.values + items.values,
    read: (reader, at) => ({ ...(struct.read(reader, at) as object), [name]: items.read(reader, at + offset) }),
    write(view, at, value) {
      const { [name]: member, ...rest } = value as Record<string, unknown>;
      struct.write(view, at, rest);
      writeMember(items, view, at + offset, name, member);
    },
  };
}
