import { resolve, sizeOf, typeError } from './resolve.js';
import type { Btf, BtfComposite, BtfMember } from './types.js';

const POINTER_SIZE = 8;
/** Values within values: deeper than any compiler's, and no danger to the stack. */
const DEEPEST_VALUE = 256;

/** Lines of unnamed bits, of all structs together: 1 MiB of gaps. */
const MOST_PADDING = 1 << 17;

/** A line of a struct's body: a member, or bits that have no name. */
export type Row =
  | { readonly member: BtfMember; readonly bits: number }
  | { readonly member?: never; readonly bits: number; readonly unit: Unit };

/** Bits of the integer that unnamed bits are of. */
export type Unit = 8 | 16 | 32 | 64;
const UNITS: readonly Unit[] = [8, 16, 32, 64];

/** How a struct has to be written so that a C compiler lays it out as BTF says. */
export interface CLayout {
  readonly rows: readonly Row[];
  readonly packed: boolean;
  /** For `__attribute__((aligned(N)))`, in bytes. */
  readonly aligned: number | undefined;
  /** Of the struct as written, in bytes. */
  readonly alignment: number;
}

/**
 * Finds what BTF does not tell: attributes and unnamed bits. The worked example, of 24 bytes:
 *
 * ```
 * member  bits  at    a compiler puts it at     so write
 * a       8     0     0                         char a;
 * b       32    64    32, aligned to its type   long: 56; int b;
 * the end       192   96, the same              int: 32; long: 64;
 * ```
 *
 * A member that is not aligned as its type wants, a bit-field across its unit, or a size that is no multiple of the
 * alignment make the struct packed; then nothing is aligned, and every gap is written.
 */
export class Layouts {
  readonly #btf: Btf;
  readonly #known = new Map<BtfComposite, CLayout>();
  #depth = 0;
  #padding = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  of(type: BtfComposite): CLayout {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    if (++this.#depth > DEEPEST_VALUE) throw typeError(this.#btf, this.#btf.types.indexOf(type), 'contains itself');
    const layout = this.#lay(type);
    this.#depth--;
    this.#known.set(type, layout);
    return layout;
  }

  #lay(type: BtfComposite): CLayout {
    const places = type.members
      .map((member) => this.#place(member))
      .sort((a, b) => a.member.bitOffset - b.member.bitOffset);
    const natural = Math.max(1, ...places.map(({ unit }) => unit / 8));
    const packed = type.size % natural !== 0 || places.some(isMisplaced);
    const alignment = packed ? 1 : natural;
    this.#limit(type, places);
    if (type.kind === 'union') return { ...unionLayout(type, places, alignment), packed };
    return { rows: structRows(type, places, alignment, packed), packed, aligned: undefined, alignment };
  }

  /** Before a line is made for every 64 unnamed bits, which each member has before it at most. */
  #limit(type: BtfComposite, places: readonly Place[]): void {
    const fail = (reason: string): never => {
      throw typeError(this.#btf, this.#btf.types.indexOf(type), reason);
    };
    let end = 0;
    for (const { member, bits } of places) {
      this.#padding += Math.max(0, member.bitOffset - end) / 64;
      end = Math.max(end, member.bitOffset + bits);
      if (end > 8 * type.size) fail(`member ${member.name} does not fit`);
    }
    this.#padding += (8 * type.size - end) / 64;
    if (this.#padding > MOST_PADDING) fail('has gaps without end');
  }

  #place(member: BtfMember): Place {
    const { type } = resolve(this.#btf, member.type);
    const size = 8 * sizeOf(this.#btf, member.type);
    const bits = member.bitSize || (type.kind === 'int' && type.bits < size ? type.bits : 0);
    return { member, isField: bits > 0, bits: bits || size, unit: bits > 0 ? size : 8 * this.#alignment(member.type) };
  }

  #alignment(id: number): number {
    const { type } = resolve(this.#btf, id);
    if (type.kind === 'array') return this.#arrayAlignment(type.type);
    if (type.kind === 'struct' || type.kind === 'union') return this.of(type).alignment;
    if (type.kind === 'ptr') return POINTER_SIZE;
    return 'size' in type && type.size > 0 ? type.size : 1;
  }

  /** Of arrays of arrays, without recursion. */
  #arrayAlignment(item: number): number {
    for (let depth = 0; depth < DEEPEST_VALUE; depth++) {
      const { type } = resolve(this.#btf, item);
      if (type.kind !== 'array') return this.#alignment(item);
      item = type.type;
    }
    throw typeError(this.#btf, item, 'contains itself');
  }
}

interface Place {
  readonly member: BtfMember;
  readonly isField: boolean;
  readonly bits: number;
  /** What it is aligned to, or may not cross, in bits. */
  readonly unit: number;
}

const alignUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

const crosses = (at: number, { bits, unit }: Place): boolean =>
  Math.floor(at / unit) !== Math.floor((at + bits - 1) / unit);

function isMisplaced(place: Place): boolean {
  const at = place.member.bitOffset;
  return place.isField ? crosses(at, place) : at % place.unit !== 0;
}

function structRows({ size }: BtfComposite, places: readonly Place[], alignment: number, packed: boolean): Row[] {
  const rows: Row[] = [];
  let end = 0;
  for (const place of places) {
    const { member, bits, isField } = place;
    if (natural(place, end, packed) < member.bitOffset) pad(rows, end, member.bitOffset);
    rows.push({ member, bits: isField ? bits : 0 });
    end = Math.max(end, member.bitOffset + bits);
  }
  if (alignUp(end, 8 * alignment) < 8 * size) pad(rows, end, 8 * size);
  return rows;
}

/** Where a compiler puts a member after `end`. */
function natural(place: Place, end: number, packed: boolean): number {
  if (place.isField) return !packed && crosses(end, place) ? alignUp(end, place.unit) : end;
  return alignUp(end, packed ? 8 : place.unit);
}

/** Unnamed bit-fields from one bit to another, none across its unit. */
function pad(rows: Row[], from: number, to: number): void {
  for (let at = from; at < to; ) {
    const unit = UNITS.find((bits) => Math.floor(at / bits) === Math.floor((to - 1) / bits)) ?? 64;
    const end = Math.min(to, alignUp(at + 1, unit));
    rows.push({ bits: end - at, unit });
    at = end;
  }
}

/** A union that is larger than its members is aligned to more than they are. */
function unionLayout({ size }: BtfComposite, places: readonly Place[], alignment: number) {
  const largest = Math.max(0, ...places.map(({ bits }) => Math.ceil(bits / 8)));
  const rows = places.map(({ member, bits, isField }): Row => ({ member, bits: isField ? bits : 0 }));
  let aligned = alignment;
  while (aligned < size && alignUp(largest, aligned) < size) aligned *= 2;
  return { rows, aligned: aligned === alignment ? undefined : aligned, alignment: aligned };
}
