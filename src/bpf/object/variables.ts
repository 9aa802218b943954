import { EncodeError } from '../../wire/error.js';
import { Reader } from '../../wire/reader.js';
import { Writer } from '../../wire/writer.js';
import { codecOf } from '../btf/codec.js';
import type { Btf } from '../btf/types.js';
import type { MapSpec, ObjectSpec } from '../spec.js';
import type { Shadow } from './shadow.js';

/** Global variables by name, each read and written where it lies; see codecOf for how values look. */
export type Variables = Record<string, unknown>;

/** A global variable in a map of them. */
export interface VariablePlace {
  readonly name: string;
  readonly map: MapSpec;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Its VAR. */
  readonly typeId: number;
}

/** Entry 0 of a map of global variables. */
export interface DataAccess {
  read(offset: number, size: number): Uint8Array;
  /** Throws EncodeError where nothing may be written any more. */
  write(offset: number, bytes: Uint8Array): void;
}

/** Every global variable that the object's types describe; of several static ones of one name, the first. */
export function findVariables({ btf, maps }: ObjectSpec): VariablePlace[] {
  const places = new Map<string, VariablePlace>();
  for (const map of maps) {
    const id = map.dataTypeId ?? (map.name.startsWith('.') ? map.btfValueTypeId : 0);
    const section = btf?.types[id];
    if (section?.kind !== 'datasec') continue;
    for (const { type, offset, size } of section.variables) {
      const name = btf?.types[type]?.name ?? '';
      if (!places.has(name)) places.set(name, { name, map, offset, size, typeId: type });
    }
  }
  return [...places.values()];
}

/**
 * An object with a property for each variable; `accessOf` is asked when one of a map is first used. `shadows` are
 * variables as well.
 */
export function variablesAt(
  btf: Btf | undefined,
  places: readonly VariablePlace[],
  accessOf: (map: MapSpec) => DataAccess,
  shadows: Readonly<Record<string, Shadow>>,
): Variables {
  const variables: Variables = Object.create(null);
  for (const [name, value] of Object.entries(shadows)) {
    Object.defineProperty(variables, name, { enumerable: true, configurable: true, value });
  }
  for (const place of btf === undefined ? [] : places) {
    Object.defineProperty(variables, place.name, { enumerable: true, ...accessors(btf!, place, accessOf) });
  }
  return Object.seal(variables);
}

function accessors(
  btf: Btf,
  { name, map, offset, size, typeId }: VariablePlace,
  accessOf: (map: MapSpec) => DataAccess,
) {
  return {
    get: () => codecOf(btf, typeId).decode(new Reader(accessOf(map).read(offset, size)), 0, size),
    set(value: unknown) {
      const writer = new Writer(size);
      try {
        codecOf(btf, typeId).encode(writer, value);
        accessOf(map).write(offset, writer.bytes.slice(0, writer.length));
      } catch (error) {
        throw error instanceof EncodeError ? error.within(`variable ${name}`) : error;
      }
    },
  };
}
