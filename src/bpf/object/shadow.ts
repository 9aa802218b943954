import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import { Reader } from '../../wire/reader.js';
import { Writer } from '../../wire/writer.js';
import { codecOf } from '../btf/codec.js';
import { resolve, sizeOf } from '../btf/resolve.js';
import type { Btf, BtfMember } from '../btf/types.js';
import type { ObjectSpec, StructOpsSpec } from '../spec.js';

/** Members by name: a function is the name of the program that implements it, and undefined without one. */
export type Shadow = Record<string, unknown>;

/**
 * The variables in sections `.struct_ops`, each as an object whose members are read and set where they lie.
 *
 *   struct tcp_congestion_ops mine SEC(".struct_ops") = { .ssthresh = (void *)half, .name = "mine" };
 *
 *   mine.ssthresh     'half'
 *   mine.name         'mine'; set to 'other', the map is registered as that
 *
 * @param constant nothing can be set any more.
 */
export function shadowsOf({ btf, maps, programs }: ObjectSpec, constant: boolean): Record<string, Shadow> {
  const names = new Set(programs.map(({ name }) => name));
  const shadows: Record<string, Shadow> = {};
  for (const { name, structOps } of maps) {
    if (btf !== undefined && structOps !== undefined) shadows[name] = shadow(btf, structOps, names, constant);
  }
  return shadows;
}

function shadow(btf: Btf, ops: StructOpsSpec, programs: ReadonlySet<string>, constant: boolean): Shadow {
  const { type } = resolve(btf, ops.typeId);
  const members: Shadow = Object.create(null);
  for (const member of type.kind === 'struct' ? type.members : []) {
    if (member.name === '' || member.bitSize > 0) continue;
    const access = isFunction(btf, member) ? functionAccess(ops, member, programs) : valueAccess(btf, ops, member);
    const set = (value: unknown): void => {
      try {
        if (constant) throw new EncodeError('is constant once the object is loaded; set it before');
        access.set(value);
      } catch (error) {
        throw error instanceof EncodeError ? error.within(member.name) : error;
      }
    };
    Object.defineProperty(members, member.name, { enumerable: true, get: access.get, set });
  }
  return Object.seal(members);
}

interface Access {
  get(): unknown;
  /** Throws EncodeError. */
  set(value: unknown): void;
}

/** Whether a member points to a function. */
export function isFunction(btf: Btf, { type }: Pick<BtfMember, 'type'>): boolean {
  const pointer = resolve(btf, type).type;
  return pointer.kind === 'ptr' && resolve(btf, pointer.type).type.kind === 'funcProto';
}

function functionAccess({ programs }: StructOpsSpec, { bitOffset }: BtfMember, known: ReadonlySet<string>): Access {
  const at = bitOffset / 8;
  return {
    get: () => programs.get(at),
    set(value) {
      if (value === undefined) programs.delete(at);
      else if (typeof value === 'string' && known.has(value)) programs.set(at, value);
      else throw new EncodeError(`must be the name of a program of the object, is ${show(value)}`);
    },
  };
}

function valueAccess(btf: Btf, { contents }: StructOpsSpec, { type, bitOffset }: BtfMember): Access {
  const at = bitOffset / 8;
  return {
    get: () => codecOf(btf, type).decode(new Reader(contents.slice(at, at + sizeOf(btf, type))), 0, sizeOf(btf, type)),
    set(value) {
      const writer = new Writer(sizeOf(btf, type));
      codecOf(btf, type).encode(writer, value);
      contents.set(writer.bytes.subarray(0, writer.length), at);
    },
  };
}
