import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_DATASEC,
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VAR,
  BTF_KIND_VOLATILE,
  BTF_MAGIC,
  BTF_VERSION,
} from '../../uapi/btf.js';
import { Writer } from '../../wire/writer.js';
import type { StringTable } from '../string-table.js';
import type { Btf, BtfComposite, BtfKind, BtfModifier, BtfType } from './types.js';

const HEADER_SIZE = 24;

/** `struct btf_type` without the name, and the 32-bit words after it. */
interface Encoded {
  readonly number: number;
  readonly flag?: boolean;
  readonly count?: number;
  readonly word: number;
  readonly data?: readonly number[];
}

type Intern = (text: string) => number;
type Encoders = {
  readonly [K in Exclude<BtfKind, 'void'>]: (type: Extract<BtfType, { kind: K }>, intern: Intern) => Encoded;
};

/**
 * Writes BTF, little endian. Type ids stay; the string section begins with that of `btf`, so that what points into it
 * (line_info) stays valid, and goes on with the names that it lacks.
 */
export function encodeBtf(btf: Btf): Uint8Array {
  const names = new Names(btf.strings);
  const types = new Writer(32 * btf.types.length);
  for (const type of btf.types) if (type.kind !== 'void') writeType(types, type, names.intern);
  const writer = new Writer(HEADER_SIZE + types.length + names.length);
  writer.grow(HEADER_SIZE);
  writer.raw(types.finish());
  names.writeTo(writer);
  const { view } = writer;
  view.setUint16(0, BTF_MAGIC, true);
  view.setUint8(2, BTF_VERSION);
  const words = [HEADER_SIZE, 0, types.length, types.length, names.length];
  words.forEach((word, index) => {
    view.setUint32(4 + 4 * index, word, true);
  });
  return writer.finish();
}

function writeType(writer: Writer, type: Exclude<BtfType, { kind: 'void' }>, intern: Intern): void {
  // The row for `type.kind` takes `type`, which the compiler cannot follow through the look-up.
  const encode = ENCODERS[type.kind] as (type: BtfType, intern: Intern) => Encoded;
  const { number, flag = false, count = 0, word, data = [] } = encode(type, intern);
  const info = ((flag ? 1 : 0) << 31) | (number << 24) | count;
  const words = [intern(type.name), info, word, ...data];
  const at = writer.grow(4 * words.length);
  for (let index = 0; index < words.length; index++) writer.view.setInt32(at + 4 * index, words[index]!, true);
}

/** The strings of `table`, and more behind them. */
class Names {
  readonly #table: StringTable;
  readonly #offsets = new Map<string, number>();
  readonly #added: Uint8Array[] = [];
  length: number;

  constructor(table: StringTable) {
    this.#table = table;
    this.length = table.bytes.length;
    for (const [offset, text] of table.entries()) if (!this.#offsets.has(text)) this.#offsets.set(text, offset);
  }

  readonly intern = (text: string): number => {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const at = this.length;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.#offsets.set(text, at);
    this.#added.push(bytes);
    this.length += bytes.length;
    return at;
  };

  writeTo(writer: Writer): void {
    writer.raw(this.#table.bytes);
    for (const bytes of this.#added) writer.raw(bytes);
  }
}

const modifier =
  (number: number) =>
  ({ type, kindFlag }: BtfModifier): Encoded => ({ number, flag: kindFlag, word: type });

const composite =
  (number: number) =>
  ({ size, members, kindFlag }: BtfComposite, intern: Intern): Encoded => ({
    number,
    flag: kindFlag,
    count: members.length,
    word: size,
    data: members.flatMap(({ name, type, bitOffset, bitSize }) => [intern(name), type, (bitSize << 24) | bitOffset]),
  });

const ENCODERS: Encoders = {
  int: ({ size, encoding, bitOffset, bits }) => ({
    number: BTF_KIND_INT,
    word: size,
    data: [(encoding << 24) | (bitOffset << 16) | bits],
  }),
  array: ({ type, indexType, length }) => ({ number: BTF_KIND_ARRAY, word: 0, data: [type, indexType, length] }),
  ptr: ({ type }) => ({ number: BTF_KIND_PTR, word: type }),
  typedef: modifier(BTF_KIND_TYPEDEF),
  volatile: modifier(BTF_KIND_VOLATILE),
  const: modifier(BTF_KIND_CONST),
  restrict: modifier(BTF_KIND_RESTRICT),
  typeTag: modifier(BTF_KIND_TYPE_TAG),
  struct: composite(BTF_KIND_STRUCT),
  union: composite(BTF_KIND_UNION),
  enum: ({ size, signed, values }, intern) => ({
    number: BTF_KIND_ENUM,
    flag: signed,
    count: values.length,
    word: size,
    data: values.flatMap(({ name, value }) => [intern(name), value]),
  }),
  enum64: ({ size, signed, values }, intern) => ({
    number: BTF_KIND_ENUM64,
    flag: signed,
    count: values.length,
    word: size,
    data: values.flatMap(({ name, value }) => [
      intern(name),
      Number(BigInt.asIntN(32, value)),
      Number(BigInt.asIntN(32, value >> 32n)),
    ]),
  }),
  fwd: ({ union }) => ({ number: BTF_KIND_FWD, flag: union, word: 0 }),
  func: ({ type, linkage }) => ({ number: BTF_KIND_FUNC, count: linkage, word: type }),
  funcProto: ({ type, params }, intern) => ({
    number: BTF_KIND_FUNC_PROTO,
    count: params.length,
    word: type,
    data: params.flatMap((param) => [intern(param.name), param.type]),
  }),
  var: ({ type, linkage }) => ({ number: BTF_KIND_VAR, word: type, data: [linkage] }),
  datasec: ({ size, variables }) => ({
    number: BTF_KIND_DATASEC,
    count: variables.length,
    word: size,
    data: variables.flatMap(({ type, offset, size }) => [type, offset, size]),
  }),
  float: ({ size }) => ({ number: BTF_KIND_FLOAT, word: size }),
  declTag: ({ type, component, kindFlag }) => ({
    number: BTF_KIND_DECL_TAG,
    flag: kindFlag,
    word: type,
    data: [component],
  }),
};
