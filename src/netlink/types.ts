// What a table of attributes says of the value's type. Types alone; attributes.ts has the code.
import type { Codec, Infer, InferInput, Inlined, RestOf } from '../wire/codec.js';
import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';

/** An attribute that the schema does not name: kept as received, and sent again by encode. */
export interface UnknownAttribute {
  readonly type: number;
  readonly value: Uint8Array;
  /** It came with NLA_F_NESTED. */
  readonly nested?: boolean;
}

/** One row of a schema: the kernel's attribute number, and how its payload is coded. */
// biome-ignore lint/suspicious/noExplicitAny: a codec of any type; the mapped types below infer the real one.
export type Row = readonly [type: number, codec: Codec<any, any>];
export type Table = Readonly<Record<string, Row>>;

/** Unions stay unions, intersections become one object type. */
export type Flatten<T> = T extends unknown ? { [K in keyof T]: T[K] } : never;
type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

type Direction = 'out' | 'in';
/** Encoding skips undefined, so that callers can pass options through. */
type Side<C, D extends Direction> = D extends 'out' ? Infer<C> : InferInput<C> | undefined;

/** A payload coded by what a sibling says; see `choose`. */
export interface Choice<S extends string, C> extends Codec<unknown, unknown> {
  readonly selector: S;
  readonly choices: C;
}

/** A set whose members stand in the enclosing set's value; see `inline`. */
export interface InlineCodec<T extends Table> extends AttributesCodec<T> {
  readonly inline: Inlined;
}

type SelectorOf<C> = C extends Choice<infer S, unknown> ? S : never;
type ChoicesOf<C> = C extends Choice<string, infer Choices> ? Choices : never;
/** The sibling attributes that choose a codec in this table: 'kind', 'slaveKind'. */
type Selectors<T extends Table> = SelectorOf<T[keyof T][1]>;
/** The attributes whose codec selector `S` chooses: 'data' and 'xstats' for 'kind'. */
type DependentOn<T extends Table, S> = { [K in keyof T]: SelectorOf<T[K][1]> & S extends never ? never : K }[keyof T];
type KindsOf<T extends Table, S> = {
  [K in DependentOn<T, S>]: keyof ChoicesOf<T[K][1]> & string;
}[DependentOn<T, S>];

type InlineKeys<T extends Table> = {
  [K in keyof T]: T[K][1] extends { readonly inline: Inlined } ? K : never;
}[keyof T];
/** The table inside an inlined row. */
type InlineTable<C> = C extends { readonly inline: Inlined; readonly table: infer I extends Table } ? I : never;

type Independent<T extends Table, D extends Direction> = {
  readonly [K in keyof T as K extends DependentOn<T, Selectors<T>> | Selectors<T> | InlineKeys<T> ? never : K]?: Side<
    T[K][1],
    D
  >;
};

/** One variant for each kind that `S` can name with a schema, and one for every other kind. */
type Variants<T extends Table, S extends string, D extends Direction> =
  | {
      [Kind in KindsOf<T, S>]: { readonly [K in keyof T as K extends S ? K : never]: Kind } & {
        readonly [K in keyof T as K extends DependentOn<T, S> ? K : never]?: Kind extends keyof ChoicesOf<T[K][1]>
          ? Side<ChoicesOf<T[K][1]>[Kind], D>
          : never;
      };
    }[KindsOf<T, S>]
  | ({ readonly [K in keyof T as K extends S ? K : never]?: string } & {
      readonly [K in keyof T as K extends DependentOn<T, S> ? K : never]?: never;
    });

type BoxedVariants<T extends Table, D extends Direction, S = Selectors<T>> = S extends string
  ? { readonly union: Variants<T, S, D> }
  : never;
/** The unions of all selectors, intersected; boxed so that the unions themselves stay unions. */
type AllVariants<T extends Table, D extends Direction> = [Selectors<T>] extends [never]
  ? unknown
  : UnionToIntersection<BoxedVariants<T, D>> extends { readonly union: infer U }
    ? U
    : never;

type BoxedInline<T extends Table, D extends Direction, K = InlineKeys<T>> = K extends keyof T
  ? { readonly union: Members<InlineTable<T[K][1]>, D> }
  : never;
type AllInlined<T extends Table, D extends Direction> = [InlineKeys<T>] extends [never]
  ? unknown
  : { readonly [K in InlineKeys<T>]?: { readonly unknown?: readonly UnknownAttribute[] } } & (UnionToIntersection<
      BoxedInline<T, D>
    > extends { readonly union: infer U }
      ? U
      : never);

/** The members of a set, without those it does not know. */
type Members<T extends Table, D extends Direction> = Independent<T, D> & AllVariants<T, D> & AllInlined<T, D>;

/** The value of an attribute set: every attribute is optional. */
export type Attributes<T extends Table, D extends Direction = 'out'> = Flatten<
  Members<T, D> & { readonly unknown?: readonly UnknownAttribute[] }
>;

export interface AttributesCodec<T extends Table> extends Codec<Attributes<T>, Attributes<T, 'in'>> {
  readonly table: T;
  readonly rows: readonly { readonly name: string; readonly type: number; readonly codec: Codec<unknown, unknown> }[];
  /**
   * Adds the attributes in `[start, end)` to `values`, which holds the message's header fields. Unknown ones go to
   * `values.unknown`, or to that of what `restOf` answers.
   */
  decodeInto(values: object, reader: Reader, start: number, end: number, restOf?: RestOf): object;
  /** Encodes without a look at names that are not the set's: those of the header beside it. */
  encodeMembers(writer: Writer, values: object): void;
  /** The same without unknown attributes. */
  encodeRows(writer: Writer, values: object): void;
}
