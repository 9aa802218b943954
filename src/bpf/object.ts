import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemError } from '../sys/errno.js';
import type { Fd } from '../sys/fd.js';
import { DecodeError } from '../wire/error.js';
import { loadBtf } from './btf-load.js';
import { BpfError, UnsupportedError } from './error.js';
import { type AttachTo, attachNames } from './load/attach.js';
import { withTypedContexts } from './load/contexts.js';
import { explaining } from './load/explain.js';
import { resolveExterns } from './load/externs.js';
import { type FittedProgram, fitPrograms } from './load/fit.js';
import { runningKernel } from './load/kernel-facts.js';
import { KernelTypes } from './load/kernel-types.js';
import { fillSlots, openMaps, type PinPlaces } from './load/maps.js';
import { loadOne, type ProgramTypes, requireType } from './load/programs.js';
import { Rollback } from './load/rollback.js';
import { resolveStructOps } from './load/struct-ops.js';
import { LoadedObject } from './loaded-object.js';
import { withoutExterns } from './object/extern-types.js';
import { KCONFIG } from './object/externs.js';
import { kconfigContents } from './object/kconfig.js';
import { inPart, inSection, parseObject } from './object/parse.js';
import { shadowsOf } from './object/shadow.js';
import { type DataAccess, findVariables, variablesAt } from './object/variables.js';
import { ObjectError } from './object-error.js';
import type { BpfProgram } from './program/program.js';
import type { MapSpec, ObjectSpec, ProgramSpec, StructOpsSpec } from './spec.js';
import { createToken, type Token } from './token.js';
import type { MapName, ObjectTypes, ProgramName } from './typed.js';

/** `T`: what the object holds, from `nlbpf types`; then names are checked. */
export interface OpenOptions<T extends ObjectTypes = ObjectTypes> {
  /** Types of programs whose section does not tell them, or tells another, by function or by section. */
  readonly programTypes?: ProgramTypes | undefined;
  /** Sections that programs count as being in, by function: `{ my_probe: 'fentry/tcp_connect' }`. */
  readonly sections?: { readonly [Name in ProgramName<T>]?: string } | undefined;
  /** Changes to maps before they are created, by name: `{ table: { maxEntries: 1000 }, extra: { autocreate: false } }`. */
  readonly maps?: { readonly [Name in MapName<T>]?: MapChanges } | undefined;
}

/** `T`: what the object holds, from `nlbpf types`; then names are checked. */
export interface LoadOptions<T extends ObjectTypes = ObjectTypes> extends PinPlaces {
  /** Load these programs only, by function. Default: all, but for those in sections of the form `?name`. */
  readonly programs?: readonly ProgramName<T>[] | undefined;
  /** Lines `CONFIG_X=value` that count before those the kernel was built with, for `.kconfig` variables. */
  readonly kconfig?: string | undefined;
  /**
   * Types to fit CO-RE programs to, instead of those of the running kernel: a file of BTF, or an ELF file with a section
   * `.BTF`, or the bytes of one. For kernels built without CONFIG_DEBUG_INFO_BTF, from an archive such as BTFHub.
   */
  readonly btf?: string | URL | Uint8Array | undefined;
  /** What programs attach to, by function or by section: `{ replacement: { target: 'handler', program } }`. */
  readonly attach?: Readonly<Record<string, AttachTo>> | undefined;
  /**
   * Where a BPF file system is mounted that delegates what loading needs (`delegate_cmds`, `delegate_maps`,
   * `delegate_progs`), for a process in a user namespace, whose own capabilities do not suffice; since Linux 6.9.
   */
  readonly tokenPath?: string | undefined;
}

type MapChanges = Partial<Omit<MapSpec, 'name'>>;

/**
 * An object file of BPF programs and maps, read but not loaded: no system call has been made for it.
 *
 * `npx nlbpf types tunnel.o` writes an interface `Tunnel`, and `BpfObject.open<Tunnel>('tunnel.o')` then knows the names
 * of maps, programs and variables, and the types of keys and values. Without, any name goes, and values are unknown.
 */
export class BpfObject<T extends ObjectTypes = ObjectTypes> {
  /** What it holds. */
  readonly spec: ObjectSpec;
  /**
   * Global variables with the values that they begin with, constant ones as well: `object.variables.debug = 1`. There
   * are none without BTF.
   *
   * Those in sections `.struct_ops` are set member by member, functions by the name of a program, or undefined for none:
   * `object.variables.my_ops.name = 'mine'`.
   */
  readonly variables: T['variables'];
  readonly #types: ProgramTypes;
  /** Programs that struct_ops maps have had from the start. */
  readonly #implementing: ReadonlySet<string>;

  /** From a specification: the `spec` of another object, changed, or one made by hand. */
  constructor(spec: ObjectSpec, { programTypes = {}, sections = {}, maps: changes = {} }: OpenOptions<T> = {}) {
    const maps: Readonly<Record<string, MapChanges | undefined>> = changes;
    for (const name of Object.keys(maps)) find(spec.maps, name, 'map');
    for (const name of Object.keys(sections)) find(spec.programs, name, 'program');
    this.spec = {
      ...spec,
      maps: spec.maps.map((map) => withOwnContents({ ...map, ...maps[map.name] })),
      programs: spec.programs.map((program) => moved(program, sections)),
    };
    this.#types = programTypes;
    // What the kernel was built with is found out by loading.
    const places = findVariables(this.spec).filter(({ map }) => map.name !== KCONFIG);
    const shadows = shadowsOf(this.spec, false);
    this.variables = variablesAt(this.spec.btf, places, contentsOf, shadows) as T['variables'];
    this.#implementing = implementing(this.spec.maps);
  }

  /**
   * Reads an object file made by clang or GCC with `-target bpf`: a path, or the bytes of one.
   *
   * @throws SystemError when the file cannot be read, DecodeError when it is not a sound BPF object, ObjectError when
   *   the options name a map that it does not have.
   */
  static open<T extends ObjectTypes = ObjectTypes>(
    source: string | URL | Uint8Array,
    options?: OpenOptions<T>,
  ): BpfObject<T> {
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
  load({ programs, kconfig, attach = {}, btf: types, tokenPath, ...places }: LoadOptions<T> = {}): LoadedObject<T> {
    const whole = withKconfig(this.spec, kconfig);
    const wanted = choose(whole, programs, this.#implementing);
    for (const program of wanted) requireType(program, this.#types);
    const fitted = fitPrograms(whole, wanted, types);
    const { object, programs: chosen } = withTypedContexts(whole, fitted);
    const rollback = new Rollback();
    return rollback.guard(() => {
      const kernel = new KernelTypes();
      // Maps and programs keep the types in the kernel, and need no token any more.
      const temporary: { close(): void }[] = [kernel];
      try {
        const externs = resolveExterns(object, kernel);
        const structOps = resolveStructOps(object, kernel);
        const token = tokenPath === undefined ? undefined : createToken(tokenPath);
        if (token !== undefined) temporary.push(token);
        const { btf, error } = tryLoadBtf(object, token);
        if (btf !== undefined) temporary.push(btf);
        const { maps, arenas } = openMaps({ object, btf, places, rollback, kernel, structOps, token });
        const context = { object, btf, maps, types: this.#types, attach, kernel, externs, structOps, token };
        const loaded = loadAll(chosen, context, rollback);
        for (const spec of object.maps) {
          const map = maps.get(spec.name);
          if (map !== undefined) fillSlots(spec, 'program', loaded, map.fd);
        }
        return new LoadedObject<T>(object, {
          ...{ maps, arenas, programs: loaded, structOps: structOps.values, btfError: error },
        });
      } finally {
        for (const handle of temporary) handle.close();
      }
    });
  }
}

function moved(program: ProgramSpec, sections: Readonly<Record<string, string | undefined>>): ProgramSpec {
  const section = Object.hasOwn(sections, program.name) ? sections[program.name] : undefined;
  return section === undefined ? program : inSection(section, program);
}

/** With a copy of its data, which may then be changed. */
function withOwnContents(map: MapSpec): MapSpec {
  const { contents, structOps } = map;
  return {
    ...map,
    ...(contents === undefined ? {} : { contents: contents.slice() }),
    ...(structOps === undefined ? {} : { structOps: ownStruct(structOps) }),
  };
}

function ownStruct({ typeId, contents, programs }: StructOpsSpec): StructOpsSpec {
  return { typeId, contents: contents.slice(), programs: new Map(programs) };
}

/** Data before it is in the kernel; that of `.bss`, which is zero, is made when it is first written. */
function contentsOf(map: { readonly valueSize: number; contents?: Uint8Array }): DataAccess {
  return {
    read: (offset, size) => map.contents?.slice(offset, offset + size) ?? new Uint8Array(size),
    write: (offset, bytes) => {
      map.contents ??= new Uint8Array(map.valueSize);
      map.contents.set(bytes, offset);
    },
  };
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

/** Most objects can do without their types in the kernel, all but those with struct_ops maps. */
function tryLoadBtf(
  { btf, maps }: ObjectSpec,
  token: Token | undefined,
): { btf?: Fd; error?: BpfError | UnsupportedError } {
  try {
    return btf === undefined ? {} : { btf: loadBtf(withoutExterns(btf), token) };
  } catch (error) {
    const isNeeded = maps.some(({ structOps }) => structOps !== undefined);
    if (!isNeeded && (error instanceof BpfError || error instanceof UnsupportedError)) return { error };
    throw error;
  }
}

/** The object with map `.kconfig` filled, if it has one. */
function withKconfig(object: ObjectSpec, given: string | undefined): ObjectSpec {
  const { externs = [], btf } = object;
  if (btf === undefined || !externs.some(({ kind }) => kind === 'kconfig')) return object;
  const fill = (map: MapSpec): MapSpec =>
    map.name === KCONFIG
      ? { ...map, contents: kconfigContents(externs, btf, map.valueSize, runningKernel, given) }
      : map;
  return { ...object, maps: object.maps.map(fill) };
}

function choose(
  object: ObjectSpec,
  names: readonly string[] | undefined,
  declared: ReadonlySet<string>,
): readonly ProgramSpec[] {
  if (names !== undefined) return names.map((name) => find(object.programs, name, 'program'));
  // Programs that are there for struct_ops maps only go with them.
  const used = implementing(object.maps.filter(({ autocreate }) => autocreate !== false));
  const some = new Set([...declared, ...implementing(object.maps)]);
  return object.programs.filter(({ name, autoload }) => (some.has(name) ? used.has(name) : autoload));
}

/** The programs that struct_ops maps have as their functions. */
function implementing(maps: readonly MapSpec[]): ReadonlySet<string> {
  return new Set(maps.flatMap(({ structOps }) => (structOps === undefined ? [] : [...structOps.programs.values()])));
}

function loadAll(
  programs: readonly FittedProgram[],
  context: Parameters<typeof loadOne>[1],
  rollback: Rollback,
): Map<string, BpfProgram> {
  const loaded = new Map<string, BpfProgram>();
  const names = attachNames(
    programs.map(({ spec }) => spec),
    context.attach,
  );
  context.kernel.expect?.(names);
  for (const program of programs) {
    const handle = explaining(context.object, program, () => loadOne(program, context));
    rollback.add(() => handle.close());
    loaded.set(program.spec.name, handle);
  }
  return loaded;
}

function find<T extends { readonly name: string }>(all: readonly T[], name: string, what: string): T {
  const found = all.find((item) => item.name === name);
  if (found !== undefined) return found;
  const names = all.map((item) => item.name).join(', ');
  throw new ObjectError('ERR_NO_SUCH_MEMBER', `${what} ${name}`, `the object has ${names || 'none'}`);
}
