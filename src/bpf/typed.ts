import type { BpfMap } from './map/map.js';

/** What an object file holds, as types: `nlbpf types OBJECT.o` writes them, and `BpfObject.open<...>()` takes them. */
export interface ObjectTypes {
  readonly maps: Readonly<Record<string, MapTypes>>;
  /** By function. */
  readonly programs: Readonly<Record<string, { readonly section: string }>>;
  /** Global variables, by name in C. */
  readonly variables: Record<string, unknown>;
}

/** Keys and values of a map, as they are read. */
export interface MapTypes {
  readonly key: unknown;
  readonly value: unknown;
}

/**
 * A value as it is given, from the type that it is read as: members of structs may be left out and are zero then, arrays
 * may be readonly, and 64-bit integers may be numbers.
 */
export type Given<T> = T extends bigint
  ? bigint | number
  : T extends Uint8Array
    ? Uint8Array
    : T extends readonly (infer Item)[]
      ? readonly Given<Item>[]
      : T extends object
        ? { readonly [K in keyof T]?: Given<T[K]> | undefined }
        : T;

/** The names of an object's maps; of an object without types, any. */
export type MapName<T extends ObjectTypes> = keyof T['maps'] & string;

/** The functions of an object's programs. */
export type ProgramName<T extends ObjectTypes> = keyof T['programs'] & string;

/** The sections of an object's programs. */
export type SectionName<T extends ObjectTypes> = T['programs'][ProgramName<T>]['section'];

/** Any name, of an object without types; with types, none. */
export type AnyName<T extends ObjectTypes> = string extends MapName<T> ? string : never;

/** A map of an object, by its name. */
export type TypedMap<T extends ObjectTypes, Name extends MapName<T>> = BpfMap<
  T['maps'][Name]['key'],
  T['maps'][Name]['value'],
  Given<T['maps'][Name]['key']>,
  Given<T['maps'][Name]['value']>
>;
