import { BTF_INT_BOOL, BTF_INT_SIGNED } from '../../uapi/btf.js';
import type { Layouts, Row, Unit } from './c-layout.js';
import { identifier, type Names } from './c-names.js';
import { DEEPEST, resolve, typeError, typeOf } from './resolve.js';
import type {
  Btf,
  BtfArray,
  BtfComposite,
  BtfEnum,
  BtfEnum64,
  BtfFunctionPrototype,
  BtfInt,
  BtfModifier,
} from './types.js';

/** Compilers have these themselves, of another size on other machines: what they stand for is written instead. */
export const BUILT_IN: ReadonlySet<string> = new Set(['__builtin_va_list']);

/** More lines than the largest kernel has; anonymous structs of hostile types may unfold without end. */
export const MOST_DECLARATIONS = 1 << 21;

/** Bytes of the integers that C has on BPF, by the names that compilers give them. */
const INTEGERS: Readonly<Record<string, number>> = {
  ...{ char: 1, 'signed char': 1, 'unsigned char': 1, _Bool: 1 },
  ...{ short: 2, 'short int': 2, 'unsigned short': 2, 'short unsigned int': 2 },
  ...{ int: 4, unsigned: 4, 'unsigned int': 4 },
  ...{ long: 8, 'long int': 8, 'unsigned long': 8, 'long unsigned int': 8 },
  ...{ 'long long': 8, 'long long int': 8, 'unsigned long long': 8, 'long long unsigned int': 8 },
  ...{ __int128: 16, 'unsigned __int128': 16, '__int128 unsigned': 16 },
};
const SIGNED: Readonly<Record<number, string>> = {
  1: 'signed char',
  2: 'short',
  4: 'int',
  8: 'long long',
  16: '__int128',
};
const PADDING: Readonly<Record<Unit, string>> = { 8: 'char', 16: 'short', 32: 'int', 64: 'long' };
/** Enums of other sizes than int. */
const ENUM_MODES: Readonly<Record<number, string>> = { 1: 'QI', 2: 'HI', 8: 'DI' };

/**
 * Writes types around names. C's declarators read inside out, so a type is written by wrapping what stands in its
 * middle: for `int (*table[4])(void)`, from `table`: the array `table[4]`, the pointer `*table[4]`, the function
 * `(*table[4])(void)`, the int before it.
 */
export class Declarations {
  readonly #btf: Btf;
  readonly #names: Names;
  readonly #layouts: Layouts;
  #count = 0;
  #depth = 0;

  constructor(btf: Btf, names: Names, layouts: Layouts) {
    this.#btf = btf;
    this.#names = names;
    this.#layouts = layouts;
  }

  /** A declaration of `inner` as of type `id`, without the semicolon. */
  of(id: number, inner: string, indent = ''): string {
    this.#step(id);
    if (++this.#depth > 8 * DEEPEST) throw typeError(this.#btf, id, 'is too deep, or contains itself');
    const { modifiers, target } = this.#unwrap(id);
    const text = this.#wrap(target, modifiers, inner, indent);
    this.#depth--;
    return text;
  }

  /** The body of a struct, union or enum, after its tag. */
  body(type: BtfComposite | BtfEnum | BtfEnum64, indent = ''): string {
    return 'members' in type ? this.#composite(type, indent) : this.#enum(type, indent);
  }

  /** Qualifiers and tags, outermost first, and what they qualify. */
  #unwrap(id: number): { modifiers: BtfModifier[]; target: number } {
    const modifiers: BtfModifier[] = [];
    let depth = 0;
    for (let target = id; ; ) {
      const type = typeOf(this.#btf, target);
      const isBuiltIn = type.kind === 'typedef' && BUILT_IN.has(type.name);
      if (!isBuiltIn && !isQualifier(type)) return { modifiers, target };
      if (!isBuiltIn) modifiers.push(type);
      if (++depth > DEEPEST) throw typeError(this.#btf, id, `is more than ${DEEPEST} types deep`);
      target = type.type;
    }
  }

  #wrap(id: number, modifiers: readonly BtfModifier[], inner: string, indent: string): string {
    const type = typeOf(this.#btf, id);
    if (type.kind === 'array') return this.#array(type, modifiers, inner, indent);
    if (type.kind === 'funcProto') return this.#function(type, inner, indent);
    if (type.kind === 'ptr') {
      const { target } = this.#unwrap(type.type);
      const { kind } = typeOf(this.#btf, target);
      const pointer = spaced(`*${words(modifiers)}`, inner);
      return this.of(type.type, kind === 'array' || kind === 'funcProto' ? `(${pointer})` : pointer, indent);
    }
    const qualifiers = modifiers.filter(({ kind }) => kind === 'const' || kind === 'volatile');
    const tags = modifiers.filter(({ kind }) => kind === 'typeTag');
    return spaced(words(qualifiers), this.#specifier(id, indent), words(tags), inner);
  }

  /** Qualifiers of an array are those of its items; GCC gives them to both. */
  #array({ type, length }: BtfArray, modifiers: readonly BtfModifier[], inner: string, indent: string): string {
    const items = new Set(this.#unwrap(type).modifiers.map(({ kind }) => kind));
    const more = modifiers.filter(({ kind }) => (kind === 'const' || kind === 'volatile') && !items.has(kind));
    return spaced(words(more), this.of(type, `${inner}[${length}]`, indent));
  }

  #function({ type, params }: BtfFunctionPrototype, inner: string, indent: string): string {
    const list = params.map((param, index) =>
      param.type === 0 && index === params.length - 1 ? '...' : this.of(param.type, identifier(param.name), indent),
    );
    // Before C23 there is no function of `...` alone.
    const text = list.length === 0 ? 'void' : list[0] === '...' ? '' : list.join(', ');
    return this.of(type, `${inner}(${text})`, indent);
  }

  #specifier(id: number, indent: string): string {
    const type = typeOf(this.#btf, id);
    if (type.kind === 'int') return this.#integer(id, type);
    if (type.kind === 'void' || type.kind === 'float') return type.name || 'void';
    if (type.kind === 'typedef') return this.#names.typedef(id);
    if (type.kind === 'fwd') return this.#names.tag(id);
    if (type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum' || type.kind === 'enum64') {
      if (type.name !== '') return this.#names.tag(id);
      return `${type.kind === 'enum64' ? 'enum' : type.kind} ${this.body(type, indent)}`;
    }
    throw typeError(this.#btf, id, 'is no type of a value');
  }

  /** Other languages have names of their own for them. */
  #integer(id: number, { name, size, encoding }: BtfInt): string {
    if (INTEGERS[name] === size) return name;
    if (size === 1 && (encoding & BTF_INT_BOOL) !== 0) return '_Bool';
    const text = SIGNED[size] ?? fail(this.#btf, id, `is an integer of ${size} bytes`);
    if ((encoding & BTF_INT_SIGNED) !== 0) return text;
    return size === 1 ? 'unsigned char' : `unsigned ${text}`;
  }

  #composite(type: BtfComposite, indent: string): string {
    const { rows, packed, aligned } = this.#layouts.of(type);
    const lines = rows.map((row) => `${indent}\t${this.#row(row, `${indent}\t`)};\n`);
    const attributes = [...(packed ? ['packed'] : []), ...(aligned === undefined ? [] : [`aligned(${aligned})`])];
    const suffix = attributes.map((attribute) => ` __attribute__((${attribute}))`).join('');
    return `{${lines.length === 0 ? '' : `\n${lines.join('')}${indent}`}}${suffix}`;
  }

  #row(row: Row, indent: string): string {
    const { member, bits } = row;
    if (member === undefined) return `${PADDING[row.unit]}: ${bits}`;
    const { type } = resolve(this.#btf, member.type);
    // Compilers take a named struct without a member's name with -fms-extensions only, which Linux is built with.
    if (member.name === '' && 'members' in type) {
      this.#step(member.type);
      return `${type.kind} ${this.body(type, indent)}`;
    }
    const text = this.of(member.type, member.name === '' ? '' : identifier(member.name), indent);
    return bits === 0 ? text : `${text}: ${bits}`;
  }

  #step(id: number): void {
    if (++this.#count > MOST_DECLARATIONS) throw typeError(this.#btf, id, 'unfolds into too many declarations');
  }

  #enum(type: BtfEnum | BtfEnum64, indent: string): string {
    const lines = type.values.map(
      ({ name, value }) => `${indent}\t${this.#names.other(name)} = ${literal(value, type.signed)},\n`,
    );
    return `{\n${lines.join('')}${indent}}${enumAttribute(type)}`;
  }
}

/** A compiler takes an int, or 64 bits for values that need them; the smallest possible if packed. */
function enumAttribute({ values, size, signed }: BtfEnum | BtfEnum64): string {
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
  const fits = (bytes: number): boolean =>
    values.every(({ value }) => wrap(8 * bytes, BigInt(value)) === BigInt(value));
  const smallest = [1, 2, 4].find(fits) ?? 8;
  if (size === Math.max(4, smallest)) return '';
  return ` __attribute__((${size === smallest ? 'packed' : `mode(${ENUM_MODES[size] ?? 'SI'})`}))`;
}

function fail(btf: Btf, id: number, reason: string): never {
  throw typeError(btf, id, reason);
}

function isQualifier(type: { readonly kind: string }): type is BtfModifier {
  return type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict' || type.kind === 'typeTag';
}

const spaced = (...parts: readonly string[]): string =>
  parts
    .filter((part) => part !== '')
    .reduce((text, part) => (text === '' || text.endsWith('*') ? text + part : `${text} ${part}`), '');

/** In C's order, which is the other way round. */
function words(modifiers: readonly BtfModifier[]): string {
  return modifiers.toReversed().map(word).join(' ');
}

function word({ kind, name, kindFlag }: BtfModifier): string {
  if (kind !== 'typeTag') return kind;
  return `__attribute__((${kindFlag ? name : `btf_type_tag(${JSON.stringify(name)})`}))`;
}

/** `-9223372036854775808` is no literal in C, but a minus before one that is too large. */
function literal(value: number | bigint, signed: boolean): string {
  if (typeof value === 'number') return String(value);
  if (!signed) return `${value}ULL`;
  return value === -(2n ** 63n) ? `(${value + 1n}LL - 1)` : `${value}LL`;
}
