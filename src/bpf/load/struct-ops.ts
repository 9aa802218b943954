import { LITTLE_ENDIAN } from '../../wire/integers.js';
import { essentialName } from '../btf/essential-name.js';
import { resolve, sizeOf } from '../btf/resolve.js';
import type { Btf, BtfComposite, BtfMember } from '../btf/types.js';
import { ObjectError } from '../object-error.js';
import type { ProgramOptions } from '../program/load.js';
import type { MapSpec, ObjectSpec, StructOpsSpec } from '../spec.js';
import type { KernelType, TypeSource } from './kernel-types.js';

/** What the kernel puts around a struct of functions, to be the value of a map. */
const VALUE_PREFIX = 'bpf_struct_ops_';

/** A member of a kernel's struct, as a program implements it. */
export interface StructOpsMember {
  /** The struct. */
  readonly struct: KernelType;
  /** Which member; the kernel wants it as the expected attach type. */
  readonly index: number;
}

/** The kernel's counterpart of a struct_ops map. */
export interface KernelValue {
  /** Its number in `struct.btf`. */
  readonly typeId: number;
  readonly struct: KernelType;
  /** The value, in the kernel's layout; where a function goes it is zero. */
  readonly contents: Uint8Array;
  /** The programs that go into it, by byte. */
  readonly programs: ReadonlyMap<number, string>;
}

export interface StructOps {
  /** By map. */
  readonly values: ReadonlyMap<string, KernelValue>;
  /** By program. */
  readonly members: ReadonlyMap<string, StructOpsMember>;
}

/**
 * Finds what the kernel has for the struct_ops maps that are created. Members go by their names, wherever they are.
 *
 *   object: struct my_ops { int (*b)(void); }                     member 0 is program x
 *   kernel: struct my_ops { int (*a)(void); int (*b)(void); }     ->   x attaches to my_ops as member 1
 *           struct bpf_struct_ops_my_ops { ...; struct my_ops data; }   data at byte 64   ->   x goes to byte 72
 *
 * @throws ObjectError when the kernel has no such struct, or differs in what the object uses of it.
 */
export function resolveStructOps({ maps, btf }: ObjectSpec, kernel: TypeSource): StructOps {
  const values = new Map<string, KernelValue>();
  const members = new Map<string, StructOpsMember>();
  for (const map of maps) {
    if (map.structOps === undefined || map.autocreate === false || btf === undefined) continue;
    const place = findValue(map, map.structOps, btf, kernel);
    const contents = new Uint8Array(place.size);
    const programs = new Map<number, string>();
    for (const { index, offset, program, bytes } of matchMembers(map, map.structOps, btf, place.struct)) {
      const at = place.data + offset;
      if (bytes !== undefined) contents.set(bytes, at);
      if (program === undefined) continue;
      programs.set(at, program);
      const known = members.get(program);
      if (known !== undefined && (known.struct.id !== place.struct.id || known.index !== index)) {
        fail(map, `program ${program} stands for different members`);
      }
      members.set(program, { struct: place.struct, index });
    }
    values.set(map.name, { typeId: place.typeId, struct: place.struct, contents, programs });
  }
  return { values, members };
}

/** A kernel's value: what it is, and where its struct lies in it. */
interface ValuePlace {
  readonly typeId: number;
  readonly struct: KernelType;
  /** Bytes. */
  readonly size: number;
  /** Byte. */
  readonly data: number;
}

function findValue(map: MapSpec, { typeId }: StructOpsSpec, btf: Btf, kernel: TypeSource): ValuePlace {
  const name = essentialName(btf.types[typeId]!.name);
  const value = kernel.find('struct', VALUE_PREFIX + name);
  // The value of a module may hold a struct of the kernel's own.
  const id = value?.btf.base?.find('struct', name) || value?.btf.find('struct', name) || 0;
  const { members } = (value?.btf.types.at(value.id) ?? { members: [] }) as BtfComposite;
  const data = members.find(({ type }) => type === id);
  if (value === undefined || data === undefined)
    fail(map, `the kernel has no struct ${name} for programs to implement`);
  return { typeId: value.id, struct: { ...value, id }, size: sizeOf(value.btf, value.id), data: data.bitOffset / 8 };
}

/** A member of the kernel's struct that the object has as well. */
interface Matched {
  readonly index: number;
  /** Byte of the struct. */
  readonly offset: number;
  /** Of a function. */
  readonly program?: string;
  /** Of anything else. */
  readonly bytes?: Uint8Array;
}

function matchMembers(map: MapSpec, ops: StructOpsSpec, btf: Btf, struct: KernelType): Matched[] {
  const local = btf.types[ops.typeId] as BtfComposite;
  const target = struct.btf.types.at(struct.id) as BtfComposite;
  return local.members.flatMap((member): Matched[] => {
    const index = target.members.findIndex(({ name }) => name === member.name);
    const found = target.members[index];
    const program = ops.programs.get(member.bitOffset / 8);
    const bytes = bytesOf(btf, member, ops);
    const isUsed = program !== undefined || bytes.some((byte) => byte !== 0);
    // What the kernel does not have need not be there if it is not used.
    if (found === undefined && isUsed) fail(map, `the kernel's ${local.name} has no ${member.name}`);
    if (found === undefined) return [];
    const offset = found.bitOffset / 8;
    const kind = checkedKind(map, { btf, member }, { btf: struct.btf, member: found });
    if (kind !== 'ptr') return [{ index, offset, bytes }];
    if (program === undefined && isUsed) fail(map, `${member.name} points to what is no program`);
    return program === undefined ? [] : [{ index, offset, program }];
  });
}

function bytesOf(btf: Btf, { type, bitOffset }: BtfMember, { contents }: StructOpsSpec): Uint8Array {
  const start = Math.floor(bitOffset / 8);
  return contents.subarray(start, start + sizeOf(btf, type));
}

interface Side {
  readonly btf: Pick<Btf, 'types'> | KernelType['btf'];
  readonly member: BtfMember;
}

/** The kind of a member, which has to be of the same kind and size for the kernel. */
function checkedKind(map: MapSpec, ours: Side, theirs: Side): string {
  const { name } = ours.member;
  if (ours.member.bitSize > 0 || theirs.member.bitSize > 0) fail(map, `${name} is a bit-field`);
  const [our, their] = [ours, theirs].map(({ btf, member }) => resolve(btf, member.type).type);
  if (our!.kind !== their!.kind) fail(map, `${name} is a ${our!.kind}, in the kernel a ${their!.kind}`);
  const [ourSize, theirSize] = [ours, theirs].map(({ btf, member }) => sizeOf(btf, member.type));
  if (ourSize !== theirSize) fail(map, `${name} has ${ourSize} bytes, in the kernel ${theirSize}`);
  return our!.kind;
}

/** The value with the descriptors of its programs. */
export function filledValue(
  map: MapSpec,
  { contents, programs, struct }: KernelValue,
  loaded: ReadonlyMap<string, { readonly fd: number }>,
): Uint8Array {
  const value = contents.slice();
  const view = new DataView(value.buffer);
  for (const [at, name] of programs) {
    const program = loaded.get(name) ?? fail(map, `its function ${name} is not loaded`);
    if (struct.btf.pointerSize === 4) view.setUint32(at, program.fd, LITTLE_ENDIAN);
    else view.setBigUint64(at, BigInt(program.fd), LITTLE_ENDIAN);
  }
  return value;
}

/** The attributes of BPF_PROG_LOAD that say which member a program stands for. */
export function memberAttributes(
  member: StructOpsMember | undefined,
  kernel: TypeSource,
): Pick<ProgramOptions, 'attachBtfId' | 'attachTo' | 'expectedAttachType'> {
  if (member === undefined) return {};
  const { id, module } = member.struct;
  const attached = { attachBtfId: id, expectedAttachType: member.index };
  return module === undefined ? attached : { ...attached, attachTo: kernel.moduleFd(module) };
}

function fail({ name }: MapSpec, reason: string): never {
  throw new ObjectError('ERR_UNRESOLVED', `map ${name}`, reason);
}
