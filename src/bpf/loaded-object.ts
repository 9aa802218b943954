import type { Fd } from '../sys/fd.js';
import type { SharedMemory } from '../sys/shared-memory.js';
import { bytes } from '../wire/bytes.js';
import type { Codec } from '../wire/codec.js';
import { u32 } from '../wire/integers.js';
import { codecOf } from './btf/codec.js';
import type { BpfError, UnsupportedError } from './error.js';
import type { BpfLink } from './link.js';
import { type OpenData, openData } from './load/data-access.js';
import { type Registration, register } from './load/register.js';
import { filledValue, type KernelValue } from './load/struct-ops.js';
import { mapInfo } from './map/info.js';
import { BpfMap, type MapCodecs } from './map/map.js';
import { perCpu, possibleCpus } from './map/per-cpu.js';
import { isArray, isPerCpu } from './map/types.js';
import { shadowsOf } from './object/shadow.js';
import { findVariables, variablesAt } from './object/variables.js';
import { ObjectError } from './object-error.js';
import type { BpfProgram } from './program/program.js';
import type { MapSpec, ObjectSpec } from './spec.js';
import type { AnyName, MapName, ObjectTypes, ProgramName, SectionName, TypedMap } from './typed.js';

type AnyMap = BpfMap<unknown, unknown>;

/** What loading has made, by name. */
interface Loaded {
  readonly maps: ReadonlyMap<string, Fd>;
  readonly arenas: ReadonlyMap<string, SharedMemory>;
  readonly programs: ReadonlyMap<string, BpfProgram>;
  readonly structOps: ReadonlyMap<string, KernelValue>;
  readonly btfError: BpfError | UnsupportedError | undefined;
}

/** The maps and programs of an object, in the kernel. Closing it closes their handles, those given out as well. */
export class LoadedObject<T extends ObjectTypes = ObjectTypes> {
  /** What was loaded. */
  readonly spec: ObjectSpec;
  /** By function. */
  readonly programs: ReadonlyMap<string, BpfProgram>;
  /** Why the kernel has not taken the object's types; then bpftool shows bytes, and verifier errors no source lines. */
  readonly btfError: BpfError | UnsupportedError | undefined;
  /**
   * Global variables, as programs see them at this moment: `object.variables.debug = 1`. Each is read and written by
   * itself, but for kernels before 5.5 and `static` variables without others beside, which go with all of their section.
   * Constant ones (`const volatile`) can be set on the {@link BpfObject} only. There are none without BTF.
   */
  readonly variables: T['variables'];
  readonly #maps: ReadonlyMap<string, Fd>;
  /** What is mapped of arenas, which they need. */
  readonly #arenas: ReadonlyMap<string, SharedMemory>;
  readonly #structOps: ReadonlyMap<string, KernelValue>;
  /** Handles with the object's own types, by name; each has taken its descriptor over. */
  readonly #typed = new Map<string, AnyMap>();
  /** Global variables, by map. */
  readonly #data = new Map<string, OpenData>();
  /** Handles with codecs of the caller's. */
  readonly #others: { close(): void }[] = [];

  /** @hidden Takes the descriptors and programs over. */
  constructor(spec: ObjectSpec, { maps, arenas, programs, structOps, btfError }: Loaded) {
    this.spec = spec;
    this.btfError = btfError;
    this.#maps = maps;
    this.#arenas = arenas;
    this.#structOps = structOps;
    this.programs = programs;
    const shadows = shadowsOf(spec, true);
    this.variables = variablesAt(spec.btf, findVariables(spec), (map) => this.#dataOf(map), shadows) as T['variables'];
  }

  /** All maps, by name, as {@link map} gives them. */
  get maps(): ReadonlyMap<string, BpfMap<unknown, unknown>> {
    return new Map([...this.#maps.keys()].map((name) => [name, this.map(name as AnyName<T>)]));
  }

  /**
   * A map by its name in C, or `.rodata`, `.bss` and so on for global data. Keys and values are typed by the object's
   * BTF as described at codecOf, and are bytes where it has no types; indexes of arrays are numbers, and values of
   * per-CPU maps are arrays of one per CPU.
   *
   * `codecs` replace these types; a handle of its own is opened then, for which kernels want CAP_SYS_ADMIN.
   *
   * @throws ObjectError when there is no such map, DecodeError when a type cannot be made into JavaScript values.
   */
  map<Key = unknown, Value = unknown>(name: AnyName<T>): BpfMap<Key, Value>;
  map<Key = unknown, Value = unknown, KeyInput = Key, ValueInput = Value>(
    name: MapName<T>,
    codecs: MapCodecs<Key, Value, KeyInput, ValueInput>,
  ): BpfMap<Key, Value, KeyInput, ValueInput>;
  map<Name extends MapName<T>>(name: Name): TypedMap<T, Name>;
  map(name: string, codecs?: MapCodecs<unknown, unknown>): AnyMap {
    const fd = this.#maps.get(name);
    if (fd === undefined) throw missing('map', name, [...this.#maps.keys()]);
    if (codecs !== undefined) return this.#open(fd, name, codecs);
    const known = this.#typed.get(name);
    if (known !== undefined) return known;
    const map = BpfMap.fromFd(fd, this.#codecs(name));
    this.#typed.set(name, map);
    return map;
  }

  /** A program by its function, or by its section if that has one program only. */
  program(name: ProgramName<T> | SectionName<T>): BpfProgram {
    const inSection = this.spec.programs.filter(({ section }) => section === name);
    const found = this.programs.get(name) ?? this.programs.get(inSection.length === 1 ? inSection[0]!.name : name);
    if (found === undefined) throw missing('program', name, [...this.programs.keys()]);
    return found;
  }

  /**
   * Registers a struct of functions, the variable in section `.struct_ops` or `.struct_ops.link`: from now on the kernel
   * calls its programs, until what this answers is closed, before the object. For `.struct_ops.link` that is a link, which
   * can be pinned; without, the struct stays registered beyond the end of the process if it is not closed.
   *
   * @throws BpfError when the kernel refuses it (EEXIST: there is one of that name), ObjectError when there is no such
   *   struct, or a function of it was not loaded.
   */
  attachStructOps(name: MapName<T>): BpfLink | Registration {
    const value = this.#structOps.get(name);
    const map = this.spec.maps.find((each) => each.name === name);
    if (value === undefined || map === undefined) throw missing('struct_ops map', name, [...this.#structOps.keys()]);
    return register(this.#maps.get(name)!, map, filledValue(map, value, this.programs));
  }

  /** Closes every handle; pinned maps and attached programs live on. May be called again, without effect. */
  close(): void {
    for (const handle of [
      ...this.#data.values(),
      ...this.#arenas.values(),
      ...this.#others,
      ...this.#typed.values(),
      ...this.#maps.values(),
      ...this.programs.values(),
    ]) {
      handle.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #dataOf(map: MapSpec): OpenData {
    const known = this.#data.get(map.name) ?? openData(this.#maps.get(map.name)!, map, this.#arenas.get(map.name));
    this.#data.set(map.name, known);
    return known;
  }

  #open(fd: Fd, name: string, codecs: MapCodecs<unknown, unknown>): AnyMap {
    const map = BpfMap.fromId(mapInfo(fd.fd, `map ${name}`).id, { ...this.#codecs(name, codecs), ...codecs });
    this.#others.push(map);
    return map;
  }

  /** From BTF, except for what `given` has. */
  #codecs(name: string, given: MapCodecs<unknown, unknown> = {}): Required<MapCodecs<unknown, unknown>> {
    const { type, btfKeyTypeId, btfValueTypeId, keySize, valueSize } = this.spec.maps.find((map) => map.name === name)!;
    const key = given.key ?? (isArray(type) ? u32 : this.#codec(btfKeyTypeId, keySize));
    const value = given.value ?? this.#codec(btfValueTypeId, valueSize);
    const whole = given.value === undefined && isPerCpu(type);
    return { key, value: whole ? perCpu(value, valueSize, possibleCpus()) : value };
  }

  /** Bytes for a type that is unknown, or not of the size that the map has: that was given by the caller. */
  #codec(id: number, size: number): Codec<unknown> {
    const { btf } = this.spec;
    if (btf === undefined || id === 0) return anyBytes;
    const codec = codecOf(btf, id);
    return codec.size === size ? codec : anyBytes;
  }
}

const anyBytes = bytes as Codec<unknown>;

function missing(what: string, name: string, names: readonly string[]): ObjectError {
  return new ObjectError('ERR_NO_SUCH_MEMBER', `${what} ${name}`, `the object has ${names.join(', ') || 'none'}`);
}
