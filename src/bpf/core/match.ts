import { essentialName } from '../btf/essential-name.js';
import { DEEPEST, resolve, sizeOf, typeError } from '../btf/resolve.js';
import type { BtfMember, BtfTypes } from '../btf/types.js';
import { type Candidate, sameKind } from './candidates.js';
import { reaches, type Step, type Walk } from './spec.js';

/**
 * The way through a candidate that means the same as `local` does through the type of the program: members by their
 * names, wherever they are, items by their numbers. Undefined when the candidate has none. A worked example:
 *
 *   program                              kernel
 *   struct task___v1 {                   struct task {
 *     int pid;                             long state;
 *     struct { int cpu; };                 union { struct { int pid, cpu; }; long both; };
 *   };                                   };
 *
 *   local    0:1:0   item 0, .cpu   4 bytes
 *   target           item 0, .cpu   12 bytes, found in anonymous members
 */
export function matchField(local: Walk, { btf, id: root }: Candidate): Walk | undefined {
  let current = resolve(btf, root).id;
  let bitOffset = 0;
  const steps: Step[] = [];
  for (const [number, step] of local.steps.entries()) {
    if (step.name !== undefined) {
      const found = findMember(btf, current, step.name);
      if (found === undefined || !compatible(local.btf, memberOf(local.btf, step).type, btf, found.member.type))
        return undefined;
      steps.push({ type: found.owner, index: found.index, name: step.name });
      bitOffset += found.bitOffset;
      current = found.member.type;
      continue;
    }
    // The first is an item of what a pointer to the type points at.
    if (number > 0) {
      const { type } = resolve(btf, current);
      if (type.kind !== 'array' || !reaches(btf, type, step.index, steps.at(-1)!)) return undefined;
      current = type.type;
    }
    current = resolve(btf, current).id;
    steps.push({ type: current, index: step.index });
    bitOffset += 8 * step.index * sizeOf(btf, current);
  }
  return { btf, root, steps, bitOffset };
}

/** The constant of a candidate that has the name of the local one, but for flavours; undefined when it has none. */
export function matchEnumerator(local: Walk, { btf, id: root }: Candidate): Walk | undefined {
  const { id, type } = resolve(btf, root);
  if (type.kind !== 'enum' && type.kind !== 'enum64') return undefined;
  const wanted = essentialName(local.steps[0]!.name!);
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted);
  if (index < 0) return undefined;
  return { btf, root, steps: [{ type: id, index, name: type.values[index]!.name }], bitOffset: 0 };
}

/** The member that a step is into. */
export function memberOf(btf: BtfTypes, { type: id, index }: Step): BtfMember {
  const { type } = resolve(btf, id);
  const member = 'members' in type ? type.members[index] : undefined;
  return member ?? fail(btf, id, `has no member ${index}`);
}

interface Found {
  /** The struct or union that has it, maybe an anonymous one. */
  readonly owner: number;
  readonly index: number;
  readonly member: BtfMember;
  /** From the start of the type that was searched. */
  readonly bitOffset: number;
}

/** Looks for a member in a struct or union and in its anonymous members, in the order of their declaration. */
function findMember(btf: BtfTypes, root: number, name: string, searched = new Set<number>()): Found | undefined {
  const { id, type } = resolve(btf, root);
  // Of sound types none contains itself; hostile ones may, many times over.
  if ((type.kind !== 'struct' && type.kind !== 'union') || searched.has(id)) return undefined;
  searched.add(id);
  if (searched.size > 32 * DEEPEST) fail(btf, id, 'has too many anonymous members');
  for (const [index, member] of type.members.entries()) {
    if (member.name === name) return { owner: id, index, member, bitOffset: member.bitOffset };
    const inner = member.name === '' ? findMember(btf, member.type, name, searched) : undefined;
    if (inner !== undefined) return { ...inner, bitOffset: inner.bitOffset + member.bitOffset };
  }
  return undefined;
}

/**
 * Whether a field of one type may be read as one of the other: any two structs and unions, pointers, integers, floats;
 * enums and forward declarations of one name or none; arrays of such.
 *
 * Source: bpf_core_fields_are_compat in tools/lib/bpf/relo_core.c (v6.12).
 */
function compatible(localBtf: BtfTypes, localId: number, targetBtf: BtfTypes, targetId: number): boolean {
  let [localAt, targetAt] = [localId, targetId];
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { type: local } = resolve(localBtf, localAt);
    const { type: target } = resolve(targetBtf, targetAt);
    if ('members' in local && 'members' in target) return true;
    if (!sameKind(local.kind, target.kind)) return false;
    if (local.kind !== 'array' || target.kind !== 'array') {
      if (local.kind === 'int' && target.kind === 'int') return local.bitOffset === 0 && target.bitOffset === 0;
      if (local.kind === 'ptr' || local.kind === 'float') return true;
      if (local.kind !== 'enum' && local.kind !== 'enum64' && local.kind !== 'fwd') return false;
      return local.name === '' || target.name === '' || essentialName(local.name) === essentialName(target.name);
    }
    [localAt, targetAt] = [local.type, target.type];
  }
  return fail(localBtf, localId, `is more than ${DEEPEST} arrays deep`);
}

function fail(btf: BtfTypes, id: number, reason: string): never {
  throw typeError(btf, id, reason);
}
