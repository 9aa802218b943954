import { createRequire } from 'node:module';
import { type Codec, type Fixed, fixed, type Infer, type InferInput } from './codec.js';
import { compile, type Use } from './compile.js';
import { EncodeError } from './error.js';
import { show } from './integers.js';
import { once } from './once.js';
import type { Reader } from './reader.js';
import { ref } from './ref.js';

type Inject = typeof import('ref-struct-di').default;
/** Loaded when the first struct is laid out. */
const loadStruct = once(() => (createRequire(import.meta.url)('ref-struct-di') as Inject)(ref));

// biome-ignore lint/suspicious/noExplicitAny: a field of any type; each mapped type below infers the real one.
export type Fields = Readonly<Record<string, Fixed<any, any>>>;
/** Bytes beyond the struct that this library knows, sent by a newer kernel: kept, and sent back. */
export interface Tail {
  readonly tail?: Uint8Array;
}
export type StructValue<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> } & Tail;
/** Fields left out are zero. */
export type StructInput<F extends Fields> = { readonly [K in keyof F]?: InferInput<F[K]> | undefined } & Tail;

export interface StructCodec<F extends Fields> extends Fixed<StructValue<F>, StructInput<F>> {
  /** sizeof(struct). */
  readonly size: number;
  /** offsetof(struct, field), for tests against the kernel's own layout. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** The members of the reading expression without the braces, so that a message can add to them. */
  members(offset: string, use: Use): string;
  /**
   * Statements that write each field at `at` of `view`, by way of a variable `member`; `valueText` gives the expression for
   * a field's value. For messages, where some fields follow from attributes.
   */
  writes(use: Use, valueText: (name: string) => string): string;
}

/**
 * A C struct, from its fields in declaration order; ref-struct-di lays it out as a C compiler would, padding included.
 *
 * A shorter payload (an older kernel) reads as if zeros followed, a longer one (a newer kernel) keeps its `tail`.
 */
export function struct<const F extends Fields>(fields: F): StructCodec<F> {
  const layout = once(() => layOut(fields));

  const members = (at: string, use: Use) =>
    layout()
      .columns.map(({ name, offset, field }) => {
        const place = offset === 0 ? at : `${at} + ${offset}`;
        return `${JSON.stringify(name)}: ${field.inPlace.source(place, use)}`;
      })
      .join(', ');
  const source = (at: string, use: Use) => `{ ${members(at, use)} }`;
  const read = compile<(view: DataView, at: number) => StructValue<F>>(
    'struct',
    (use) => `(view, at) => (${source('at', use)})`,
  );
  const writes = (use: Use, valueText: (name: string) => string) =>
    layout()
      .columns.map(({ name, offset, field }) => {
        const call = `${use(writeField)}(view, at + ${offset}, ${use(field)}, ${JSON.stringify(name)}, member)`;
        return `member = ${valueText(name)}; if (member !== undefined) ${call};`;
      })
      .join('\n');
  const writeMembers = compile<(view: DataView, at: number, value: StructInput<F>) => void>(
    'struct',
    (use) => `(view, at, value) => { let member; ${writes(use, (name) => `value[${JSON.stringify(name)}]`)} }`,
  );
  const write = (view: DataView, at: number, value: StructInput<F>): void => {
    if (typeof value !== 'object' || value === null) throw new EncodeError(`must be an object, is ${show(value)}`);
    writeMembers()(view, at, value);
  };

  return {
    get size() {
      return layout().size;
    },
    get alignment() {
      return layout().alignment;
    },
    get offsets() {
      return layout().offsets;
    },
    inPlace: {
      get size() {
        return layout().size;
      },
      source,
    },
    members,
    writes,
    write,
    decode(reader, start, end) {
      const { size } = layout();
      if (end - start < size) return read()(zeroExtended(reader, start, end, size), 0);
      const value: { tail?: Uint8Array } = read()(reader.view, start);
      if (end - start > size) value.tail = reader.bytes.slice(start + size, end);
      return value as StructValue<F>;
    },
    encode(writer, value) {
      const at = writer.grow(layout().size);
      write(writer.view, at, value);
      if (value.tail !== undefined) writer.raw(value.tail);
    },
  };
}

/** Costs a millisecond for a big struct that is laid out first, hence only for those that are used. */
function layOut<F extends Fields>(fields: F) {
  const names = Object.keys(fields);
  const Struct = loadStruct();
  const {
    size,
    alignment,
    fields: places,
  } = Struct(names.map((name) => [ref.type(fields[name]!.inPlace.size, fields[name]!.alignment), name] as const));
  const columns = names.map((name) => ({ name, offset: places[name]!.offset, field: fields[name]! }));
  const offsets = Object.fromEntries(columns.map(({ name, offset }) => [name, offset])) as { [K in keyof F]: number };
  return { size, alignment, columns, offsets };
}

function writeField(view: DataView, at: number, field: Fixed<unknown>, name: string, value: unknown): void {
  try {
    field.write(view, at, value);
  } catch (error) {
    throw error instanceof EncodeError ? error.within(name) : error;
  }
}

function zeroExtended(reader: Reader, start: number, end: number, size: number): DataView {
  const copy = new Uint8Array(size);
  copy.set(reader.bytes.subarray(start, end));
  return new DataView(copy.buffer);
}

/** A C array, as a field of a struct or as a value of its own. */
export function array<Out, In>(item: Fixed<Out, In>, length: number): Fixed<readonly Out[], readonly In[]> {
  const { size } = item.inPlace;
  const readItem = compile<(view: DataView, at: number) => Out>(
    'item',
    (use) => `(view, at) => (${item.inPlace.source('at', use)})`,
  );
  const read = (view: DataView, at: number): readonly Out[] =>
    Array.from({ length }, (_, index) => readItem()(view, at + index * size));
  return fixed(
    length * size,
    item.alignment,
    (offset, use) => `${use(read)}(view, ${offset})`,
    (view, at, value) => {
      if (!Array.isArray(value) || value.length !== length) {
        throw new EncodeError(`must be an array of ${length}, is ${Array.isArray(value) ? value.length : show(value)}`);
      }
      value.forEach((member, index) => {
        writeField(view, at + index * size, item as Fixed<unknown>, `[${index}]`, member);
      });
    },
  );
}

/** An array as long as its payload. */
export function items<Out, In>(item: Fixed<Out, In>): Codec<readonly Out[], readonly In[]> {
  const read = compile<(view: DataView, at: number) => Out>(
    'items',
    (use) => `(view, at) => (${item.inPlace.source('at', use)})`,
  );
  return {
    decode({ view }, start, end) {
      const { size } = item.inPlace;
      const values: Out[] = [];
      for (let at = start; at + size <= end; at += size) values.push(read()(view, at));
      return values;
    },
    encode(writer, values) {
      if (!Array.isArray(values)) throw new EncodeError(`must be an array, is ${show(values)}`);
      const { size } = item.inPlace;
      const at = writer.grow(values.length * size);
      for (const [index, value] of values.entries()) {
        writeField(writer.view, at + index * size, item as Fixed<unknown>, `[${index}]`, value);
      }
    },
  };
}

/** The value of {@link indexed}. */
export type Indexed<Name extends string, Value> = { readonly [N in Name]?: Value | undefined } & Tail;

/**
 * An array that the kernel indexes by an enum, as an object with a member for each number. The enum grows: what an older
 * kernel does not have is absent, what a newer one adds is kept as `tail`.
 */
export function indexed<const Name extends string, Out, In>(
  item: Fixed<Out, In>,
  names: readonly Name[],
): Codec<Indexed<Name, Out>, Indexed<Name, In>> {
  const whole = struct(Object.fromEntries(names.map((name) => [name, item])));
  const itemSize = item.inPlace.size;
  return {
    decode(reader, start, end) {
      const value = whole.decode(reader, start, end) as { [N in Name]?: Out };
      // From the end, where V8 need only go back to the shape before.
      for (let i = names.length - 1; i * itemSize >= end - start; i--) delete value[names[i]!];
      return value;
    },
    encode(writer, value) {
      whole.encode(writer, value as StructInput<Fields>);
      const known = names.findLastIndex((name) => value[name] !== undefined) + 1;
      if (value.tail === undefined) writer.reset(writer.length - (names.length - known) * itemSize);
    },
  };
}
