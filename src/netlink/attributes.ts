import { NLA_F_NESTED, NLA_HDRLEN, NLA_TYPE_MASK } from '../uapi/netlink.js';
import { bytes } from '../wire/bytes.js';
import type { Codec, Inlined, RestOf, Selection } from '../wire/codec.js';
import { compile, type Use } from '../wire/compile.js';
import { DecodeError, EncodeError } from '../wire/error.js';
import { LITTLE_ENDIAN as LE, show } from '../wire/integers.js';
import { nearest } from '../wire/nearest.js';
import { once } from '../wire/once.js';
import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';
import type { Attributes, AttributesCodec, InlineCodec, Table, UnknownAttribute } from './types.js';

type Values = Record<string, unknown>;

/** A row of a table, with its name. */
export interface NamedRow {
  readonly name: string;
  readonly type: number;
  readonly codec: Codec<unknown, unknown>;
}

/**
 * An attribute set, from its table. Decoding is a switch over attribute numbers, generated once from the rows;
 * encoding walks the rows, so table order is wire order. The attribute around the set goes out without NLA_F_NESTED,
 * as iproute2 sends most of them; {@link nested} states the other case.
 */
export function attributes<const T extends Table>(table: T): AttributesCodec<T> {
  const rows = Object.entries(table).map(([name, [type, codec]]): NamedRow => ({ name, type, codec }));
  const decoder = compileDecode(rows);
  const decodeInto: DecodeInto = (values, reader, start, end, restOf) => decoder()(values, reader, start, end, restOf);
  const absent = once(() => absentValues(rows));
  const names = once(() => new Set([...namesOf(rows), 'unknown']));
  const encoder = compileEncode(rows);
  const encodeRows = (writer: Writer, values: object): void => encoder()(writer, values);
  const encodeMembers = (writer: Writer, values: object): void => {
    encodeRows(writer, values);
    encodeUnknown(writer, values);
  };
  return {
    table,
    rows,
    decodeInto,
    decode: (reader, start, end) => decodeInto({ ...absent() }, reader, start, end) as Attributes<T>,
    encode(writer, values) {
      checkNames(values, names());
      encodeMembers(writer, values);
    },
    encodeMembers,
    encodeRows,
  };
}

/** A member of `values` in generated text. */
export const member = (name: string): string => `values[${JSON.stringify(name)}]`;

/** The names of a set's members, those of inlined sets included. */
export function namesOf(rows: readonly NamedRow[]): string[] {
  return rows.flatMap(({ name, codec }) => [name, ...(codec.inline === undefined ? [] : namesOf(codec.inline.rows))]);
}

/** A misspelt member would otherwise be left out silently. */
export function checkNames(values: unknown, names: ReadonlySet<string>): asserts values is Values {
  if (typeof values !== 'object' || values === null) throw new EncodeError(`must be an object, is ${show(values)}`);
  for (const name in values) {
    if (names.has(name) || (values as Values)[name] === undefined) continue;
    const meant = nearest(name, names);
    throw new EncodeError(`is not known here${meant === undefined ? '' : `; did you mean '${meant}'?`}`, name);
  }
}

/** What the absence of attributes means, for those rows that say so. */
export function absentValues(rows: readonly NamedRow[]): Values {
  return Object.fromEntries(rows.flatMap(({ name, codec }) => ('absent' in codec ? [[name, codec.absent]] : [])));
}

/* ---- decode ---- */

type DecodeInto = AttributesCodec<Table>['decodeInto'];

/**
 * For `{ mtu: [4, u32], kind: [1, text], data: [2, choose('kind', ...)] }` the switch generated is
 *
 *   case 4: values["mtu"] = length === 8 ? view.getUint32(at + 4, true) : c0.decode(reader, at + 4, at + length, values); break;
 *   case 1: values["kind"] = c1.decode(reader, at + 4, at + length, values); break;
 *   case 2: (late ??= []).push(at); break;
 *
 * Payloads chosen by a sibling wait until all siblings are there: the kernel promises no order. Each store names its
 * member in the text: by a name computed at run time, V8 turns an object of so many members into a dictionary.
 */
function compileDecode(rows: readonly NamedRow[]): () => DecodeInto {
  const byType = new Map(rows.map((row) => [row.type, row]));
  const named = (error: unknown, reader: Reader, at: number): unknown => {
    if (!(error instanceof DecodeError) || at + NLA_HDRLEN > reader.bytes.length) return error;
    const row = byType.get(reader.view.getUint16(at + 2, LE) & NLA_TYPE_MASK);
    return row === undefined ? error : error.within(row.name);
  };
  return compile<DecodeInto>('attributes', (use) => {
    const typeAt = `view.getUint16(at + 2, ${LE}) & ${NLA_TYPE_MASK}`;
    const cases = (of: readonly NamedRow[], statement: typeof decodeStatement) =>
      of.map((row) => `case ${row.type}: ${statement(row, use)} break;`).join('\n            ');
    const late = rows.filter(({ codec }) => codec.selection !== undefined);
    return `(values, reader, start, end, restOf) => {
      const { view } = reader;
      let late;
      let at = start;
      try {
        for (; at + ${NLA_HDRLEN} <= end; ) {
          const length = view.getUint16(at, ${LE});
          if (length < ${NLA_HDRLEN} || at + length > end) ${use(badLength)}(at, length, end);
          switch (${typeAt}) {
            ${cases(rows, decodeStatement)}
            default: ${use(keepUnknown)}(values, restOf, reader, at, length);
          }
          at += (length + 3) & ~3;
        }
        if (late !== undefined) for (at of late) {
          const length = view.getUint16(at, ${LE});
          switch (${typeAt}) {
            ${cases(late, lateStatement)}
          }
        }
      } catch (error) {
        throw ${use(named)}(error, reader, at);
      }
      return values;
    }`;
  });
}

const RANGE = `reader, at + ${NLA_HDRLEN}, at + length`;

function decodeStatement({ name, codec }: NamedRow, use: Use): string {
  if (codec.selection !== undefined) return '(late ??= []).push(at);';
  if (codec.inline !== undefined) {
    const restOf = compile('rest', () => `(values) => (${member(name)} ??= {})`)();
    return `${use(codec.inline)}.decodeInto(values, ${RANGE}, ${use(restOf)});`;
  }
  const decoded = `${use(codec)}.decode(${RANGE}, values)`;
  if (codec.repeated) return `(${member(name)} ??= []).push(${decoded});`;
  // In place where the payload has just the right size; if not, the codec itself extends, keeps a tail, or refuses.
  if (codec.inPlace !== undefined) {
    const inPlace = codec.inPlace.source(`at + ${NLA_HDRLEN}`, use);
    return `${member(name)} = length === ${NLA_HDRLEN + codec.inPlace.size} ? ${inPlace} : ${decoded};`;
  }
  return `${member(name)} = ${decoded};`;
}

function lateStatement({ name, codec }: NamedRow, use: Use): string {
  const unknown = `${use(keepUnknown)}(values, restOf, reader, at, length)`;
  return `{
              const chosen = ${use(codec.selection)}.select(values);
              if (chosen === undefined) ${unknown};
              else ${member(name)} = chosen.decode(${RANGE}, values);
            }`;
}

function badLength(at: number, length: number, end: number): never {
  throw new DecodeError(`attribute of length ${length} where ${end - at} bytes are left`, at);
}

function keepUnknown(values: object, restOf: RestOf | undefined, reader: Reader, at: number, length: number): void {
  const word = reader.view.getUint16(at + 2, LE);
  const attribute = { type: word & NLA_TYPE_MASK, value: reader.bytes.slice(at + NLA_HDRLEN, at + length) };
  const holder = (restOf === undefined ? values : restOf(values)) as { unknown?: UnknownAttribute[] };
  (holder.unknown ??= []).push(word & NLA_F_NESTED ? { ...attribute, nested: true } : attribute);
}

/* ---- encode ---- */

/** As decoding: a statement for each row, in the order of the table, that reads its member by name. */
function compileEncode(rows: readonly NamedRow[]): () => (writer: Writer, values: object) => void {
  return compile('encode', (use) => {
    const statements = rows.map((row) => encodeStatement(row, use));
    return `(writer, values) => { let value; ${statements.join('\n')} }`;
  });
}

function encodeStatement(row: NamedRow, use: Use): string {
  const { name, codec } = row;
  if (codec.inline !== undefined) return `${use(encodeInlined)}(writer, ${use(row)}, ${use(codec.inline)}, values);`;
  const encode = use(codec.repeated ? encodeEach : encodeAttribute);
  const isSent = codec.omits === undefined ? '' : ` && !${use(codec)}.omits(value)`;
  return `value = ${member(name)}; if (value !== undefined${isSent}) ${encode}(writer, ${use(row)}, value, values);`;
}

function encodeEach(writer: Writer, row: NamedRow, items: unknown, siblings: Values): void {
  if (!Array.isArray(items)) throw new EncodeError(`must be an array, is ${show(items)}`, row.name);
  for (const item of items) encodeAttribute(writer, row, item, siblings);
}

function encodeAttribute(writer: Writer, row: NamedRow, value: unknown, siblings: Values): void {
  const at = writer.grow(NLA_HDRLEN);
  try {
    const codec = row.codec.selection === undefined ? row.codec : selected(row.codec.selection, siblings);
    writer.trace?.enter({ name: row.name, codec }, at, value);
    codec.encode(writer, value, siblings);
    endAttribute(writer, at, codec.nested ? row.type | NLA_F_NESTED : row.type);
  } catch (error) {
    throw error instanceof EncodeError ? error.within(row.name) : error;
  }
  writer.trace?.leave(writer.length);
}

function selected(selection: Selection, siblings: Values): Codec<unknown, unknown> {
  const codec = selection.select(siblings);
  if (codec !== undefined) return codec;
  const said = siblings[selection.selector];
  const { selector, known } = selection;
  if (said === undefined) throw new EncodeError(`needs ${selector} beside it, which says what it is`);
  throw new EncodeError(`${selector} ${show(said)} takes no such settings here; known: ${known.join(', ')}`);
}

/** The nest of an inlined set is sent only when something is in it. */
function encodeInlined(writer: Writer, row: NamedRow, inline: Inlined, values: Values): void {
  const at = writer.grow(NLA_HDRLEN);
  writer.trace?.enter(row, at, undefined);
  inline.encodeFrom(writer, values, values[row.name] as object | undefined);
  const empty = writer.length === at + NLA_HDRLEN;
  if (empty) writer.reset(at);
  else endAttribute(writer, at, row.codec.nested ? row.type | NLA_F_NESTED : row.type);
  writer.trace?.leave(writer.length);
}

function encodeUnknown(writer: Writer, holder: object | undefined): void {
  const { unknown } = (holder ?? {}) as { unknown?: readonly UnknownAttribute[] };
  if (unknown === undefined) return;
  if (!Array.isArray(unknown)) throw new EncodeError(`must be an array, is ${show(unknown)}`, 'unknown');
  for (const [index, { type, value, nested }] of unknown.entries()) {
    const at = writer.grow(NLA_HDRLEN);
    try {
      if (!(type >= 0 && type <= NLA_TYPE_MASK)) throw new EncodeError(`has no attribute type: ${show(type)}`);
      bytes.encode(writer, value);
      endAttribute(writer, at, nested ? type | NLA_F_NESTED : type);
    } catch (error) {
      throw error instanceof EncodeError ? error.within(`unknown[${index}]`) : error;
    }
  }
}

export function endAttribute(writer: Writer, at: number, type: number): void {
  const length = writer.length - at;
  if (length > 0xffff) throw new EncodeError(`is too long for one attribute: ${length} bytes of at most 65535`);
  writer.view.setUint16(at, length, LE);
  writer.view.setUint16(at + 2, type, LE);
  writer.align(4);
}

/** The set's members stand in the enclosing set's value: `link.kind`, not `link.linkinfo.kind`. */
export function inline<T extends Table>(set: AttributesCodec<T>): InlineCodec<T> {
  return {
    ...set,
    inline: {
      rows: set.rows,
      decodeInto: set.decodeInto,
      encodeFrom(writer, values, rest) {
        set.encodeRows(writer, values);
        encodeUnknown(writer, rest);
      },
    },
  };
}
