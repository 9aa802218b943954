import { compile, type Use } from './compile.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/**
 * How one value lies on the wire: a number, a string, a C struct, an attribute set, a whole message. Codecs nest freely.
 *
 * Below the two methods stand the capabilities that an attribute set asks of the codec of a payload. A codec states
 * what it can do; nobody asks which codec it is.
 */
export interface Codec<Out, In = Out> {
  /** Reads the value that fills `[start, end)`. `siblings` holds what has been decoded around it. */
  decode(reader: Reader, start: number, end: number, siblings?: object): Out;
  /** Appends `value`; the header of the attribute around it, if any, has been written. */
  encode(writer: Writer, value: In, siblings?: object): void;

  /** The attribute around it is sent with NLA_F_NESTED. */
  readonly nested?: boolean;
  /** The attribute may occur many times, each with one item of the value. */
  readonly repeated?: boolean;
  /** The kernel reports it and does not take it. */
  readonly reported?: boolean;
  /** A payload of exactly this size can be read by an expression, without a call. */
  readonly inPlace?: InPlace;
  /** Values for which no attribute is sent: a flag that is false, the prefix `default`. */
  readonly omits?: (value: unknown) => boolean;
  /** What the absence of the attribute means. */
  readonly absent?: Out;
  /** A field of the message's fixed header that follows from the value: rtm_dst_len from the prefix in RTA_DST. */
  readonly header?: { readonly field: string; readonly of: (value: unknown) => number };
  /** The payload's real codec depends on what stands beside it, see {@link Selection}. */
  readonly selection?: Selection;
  /** The payload is an attribute set whose members stand in the enclosing set's value, side by side with its own. */
  readonly inline?: Inlined;
}

/** Reading by an expression that gives the value at `offset` of a DataView named `view`. */
export interface InPlace {
  readonly size: number;
  source(offset: string, use: Use): string;
}

/** A payload whose codec is chosen by a sibling: IFLA_INFO_DATA by IFLA_INFO_KIND, IFLA_AF_SPEC by the family. */
export interface Selection {
  /** The name of the sibling that chooses. */
  readonly selector: string;
  /** The codec for what the sibling says; undefined when it names nothing known, and the payload is kept as unknown. */
  select(siblings: object): Codec<unknown, unknown> | undefined;
  /** What the sibling may say. */
  readonly known: readonly string[];
}

/** The member of a value that holds what an inlined set does not know; made if need be. */
export type RestOf = (values: object) => object;

/** The two faces of an attribute set that is spread into its parent's value. */
export interface Inlined {
  readonly rows: readonly { readonly name: string; readonly type: number; readonly codec: Codec<unknown, unknown> }[];
  decodeInto(values: object, reader: Reader, start: number, end: number, restOf?: RestOf): object;
  /** `rest` holds the unknown attributes of the inlined set. */
  encodeFrom(writer: Writer, values: object, rest: object | undefined): void;
}

/** What a codec decodes to. */
export type Infer<C> = C extends { decode(...args: never[]): infer Out } ? Out : never;
/** What a codec encodes; wider than {@link Infer} where parts may be left out. */
export type InferInput<C> = C extends { encode(writer: Writer, value: infer In, siblings?: object): void } ? In : never;

/** A codec whose values all have one size, so that it can also be a field of a C struct. */
export interface Fixed<Out, In = Out> extends Codec<Out, In> {
  readonly alignment: number;
  readonly inPlace: InPlace;
  /** Writes `value` at `offset`; throws EncodeError when it does not fit. */
  write(view: DataView, offset: number, value: In): void;
}

/** Makes a {@link Fixed} of its size, its reading expression and its write function. */
export function fixed<Out, In = Out>(
  size: number,
  alignment: number,
  source: InPlace['source'],
  write: (view: DataView, at: number, value: In) => void,
): Fixed<Out, In> {
  const read = compile<(view: DataView, at: number) => Out>('fixed', (use) => `(view, at) => (${source('at', use)})`);
  return {
    inPlace: { size, source },
    alignment,
    write,
    decode(reader, start, end) {
      if (end - start < size) reader.fail(start, `needs ${size} bytes, has ${end - start}`);
      return read()(reader.view, start);
    },
    encode(writer, value) {
      const at = writer.grow(size);
      write(writer.view, at, value);
    },
  };
}
