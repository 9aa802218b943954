import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemError } from '../sys/errno.js';
import type { Fd } from '../sys/fd.js';
import { DecodeError } from '../wire/error.js';
import type { Btf } from './btf/types.js';
import { loadBtf } from './btf-load.js';
import { BpfError, UnsupportedError } from './error.js';
import { fillSlots, openMaps, type PinPlaces } from './load/maps.js';
import { loadOne, type ProgramTypes } from './load/programs.js';
import { Rollback } from './load/rollback.js';
import { LoadedObject } from './loaded-object.js';
import { inPart, parseObject } from './object/parse.js';
import { ObjectError } from './object-error.js';
import type { BpfProgram } from './program/program.js';
import type { MapSpec, ObjectSpec, ProgramSpec } from './spec.js';

export interface OpenOptions {
  /** Types of programs whose section does not tell them, or tells another, by function or by section. */
  readonly programTypes?: ProgramTypes | undefined;
  /** Changes to maps before they are created, by name: `{ table: { maxEntries: 1000 } }`. */
  readonly maps?: Readonly<Record<string, Partial<Omit<MapSpec, 'name'>>>> | undefined;
}

export interface LoadOptions extends PinPlaces {
  /** Load these programs only, by function. Default: all, but for those in sections of the form `?name`. */
  readonly programs?: readonly string[] | undefined;
}

/** An object file of BPF programs and maps, read but not loaded: no system call has been made for it. */
export class BpfObject {
  /** What it holds. */
  readonly spec: ObjectSpec;
  readonly #types: ProgramTypes;

  /** From a specification: the `spec` of another object, changed, or one made by hand. */
  constructor(spec: ObjectSpec, { programTypes = {}, maps = {} }: OpenOptions = {}) {
    for (const name of Object.keys(maps)) find(spec.maps, name, 'map');
    this.spec = { ...spec, maps: spec.maps.map((map) => ({ ...map, ...maps[map.name] })) };
    this.#types = programTypes;
  }

  /**
   * Reads an object file made by clang or GCC with `-target bpf`: a path, or the bytes of one.
   *
   * @throws SystemError when the file cannot be read, DecodeError when it is not a sound BPF object, ObjectError when
   *   the options name a map that it does not have.
   */
  static open(source: string | URL | Uint8Array, options?: OpenOptions): BpfObject {
    if (source instanceof Uint8Array) return new BpfObject(parseObject(source), options);
    const path = typeof source === 'string' ? source : fileURLToPath(source);
    return new BpfObject(parseFile(path), options);
  }

  /**
   * Creates the maps, opens those that are pinned, and loads the programs. All of it or nothing: after an error there is
   * no map, program or pin that was not there before.
   *
   * @throws BpfError when the kernel refuses a map, VerifierError when it refuses a program, IncompatibleMapError when a
   *   map is pinned that differs, ObjectError when a program has no type or refers to what is not there.
   */
  load({ programs, ...places }: LoadOptions = {}): LoadedObject {
    const object = this.spec;
    const chosen = choose(object, programs);
    const rollback = new Rollback();
    return rollback.guard(() => {
      const { btf, error } = tryLoadBtf(object.btf);
      try {
        const maps = openMaps({ object, btf, places, rollback });
        const loaded = loadAll(chosen, { object, btf, maps, types: this.#types }, rollback);
        for (const spec of object.maps) fillSlots(spec, 'program', loaded, maps.get(spec.name)!.fd);
        return new LoadedObject(object, maps, loaded, error);
      } finally {
        // Maps and programs keep the types in the kernel.
        btf?.close();
      }
    });
  }
}

function parseFile(path: string): ObjectSpec {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw SystemError.from(error, path);
  }
  try {
    return parseObject(bytes, basename(path).replace(/\.o$/, ''));
  } catch (error) {
    throw error instanceof DecodeError ? inPart(error, path) : error;
  }
}

/** Most objects can do without their types in the kernel; what then needs them is refused later. */
function tryLoadBtf(btf: Btf | undefined): { btf?: Fd; error?: BpfError | UnsupportedError } {
  try {
    return btf === undefined ? {} : { btf: loadBtf(btf) };
  } catch (error) {
    if (error instanceof BpfError || error instanceof UnsupportedError) return { error };
    throw error;
  }
}

function choose(object: ObjectSpec, names: readonly string[] | undefined): readonly ProgramSpec[] {
  if (names === undefined) return object.programs.filter(({ autoload }) => autoload);
  return names.map((name) => find(object.programs, name, 'program'));
}

function loadAll(
  programs: readonly ProgramSpec[],
  context: Parameters<typeof loadOne>[1],
  rollback: Rollback,
): Map<string, BpfProgram> {
  const loaded = new Map<string, BpfProgram>();
  for (const program of programs) {
    const handle = loadOne(program, context);
    rollback.add(() => handle.close());
    loaded.set(program.name, handle);
  }
  return loaded;
}

function find<T extends { readonly name: string }>(all: readonly T[], name: string, what: string): T {
  const found = all.find((item) => item.name === name);
  if (found !== undefined) return found;
  const names = all.map((item) => item.name).join(', ');
  throw new ObjectError('ERR_NO_SUCH_MEMBER', `${what} ${name}`, `the object has ${names || 'none'}`);
}
