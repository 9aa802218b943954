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
  /** Bytes. */
  readonly size: number;
  readonly struct: KernelType;
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
 *   object: struct my_ops { int (*b)(void); }             member 0 is program x
 *   kernel: struct my_ops { int (*a)(void); int (*b)(void); }   ->   x attaches to my_ops as member 1
 *
 * @throws ObjectError when the kernel has no such struct, or differs in what the object uses of it.
 */
export function resolveStructOps({ maps, btf }: ObjectSpec, kernel: TypeSource): StructOps {
  const values = new Map<string, KernelValue>();
  const members = new Map<string, StructOpsMember>();
  for (const map of maps) {
    if (map.structOps === undefined || map.autocreate === false || btf === undefined) continue;
    const value = findValue(map, map.structOps, btf, kernel);
    values.set(map.name, value);
    for (const [program, index] of matchMembers(map, map.structOps, btf, value.struct)) {
      const known = members.get(program);
      if (known !== undefined && (known.struct.id !== value.struct.id || known.index !== index)) {
        fail(map, `program ${program} stands for different members`);
      }
      members.set(program, { struct: value.struct, index });
    }
  }
  return { values, members };
}

function findValue(map: MapSpec, { typeId }: StructOpsSpec, btf: Btf, kernel: TypeSource): KernelValue {
  const name = essentialName(btf.types[typeId]!.name);
  const struct = kernel.find('struct', name);
  const id = struct?.btf.find('struct', VALUE_PREFIX + name) ?? 0;
  if (struct === undefined || id === 0) fail(map, `the kernel has no struct ${name} for programs to implement`);
  return { typeId: id, size: sizeOf(struct.btf, id), struct };
}

/** The numbers of the kernel's members by the programs that stand for them. */
function matchMembers(
  map: MapSpec,
  ops: StructOpsSpec,
  btf: Btf,
  struct: KernelType,
): [program: string, index: number][] {
  const local = btf.types[ops.typeId] as BtfComposite;
  const target = struct.btf.types.at(struct.id) as BtfComposite;
  return local.members.flatMap((member): [string, number][] => {
    const index = target.members.findIndex(({ name }) => name === member.name);
    const program = ops.programs.get(member.bitOffset / 8);
    const found = target.members[index];
    // What the kernel does not have need not be there if it is not used.
    if (found === undefined) {
      if (program !== undefined || isSet(btf, member, ops))
        fail(map, `the kernel's ${local.name} has no ${member.name}`);
      return [];
    }
    const [ours, theirs] = [resolve(btf, member.type).type, resolve(struct.btf, found.type).type];
    if (ours.kind !== theirs.kind) fail(map, `${member.name} is a ${ours.kind}, in the kernel a ${theirs.kind}`);
    return program === undefined ? [] : [[program, index]];
  });
}

function isSet(btf: Btf, { type, bitOffset }: BtfMember, { contents }: StructOpsSpec): boolean {
  const start = bitOffset / 8;
  return contents.subarray(start, start + sizeOf(btf, type)).some((byte) => byte !== 0);
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
