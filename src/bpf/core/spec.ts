import { resolve, sizeOf, typeError } from '../btf/resolve.js';
import type { BtfArray, BtfTypes } from '../btf/types.js';
import type { CoreRelocation } from '../spec.js';
import type { CoreKind } from './kinds.js';

/** BPF_CORE_SPEC_MAX_LEN (tools/lib/bpf/relo_core.h, v6.12). */
export const MOST_STEPS = 64;
/** Bits of the largest struct that an instruction can reach into: 32 bits of bytes. */
const FARTHEST = 8 * 2 ** 32;

/** A step on the way to a field: into a named member, to an item of an array, or to a constant of an enum. */
export interface Step {
  /** The struct, union or enum that has the member or the constant; of an item, the item's own type. No typedef. */
  readonly type: number;
  /** Of the member, item or constant. */
  readonly index: number;
  /** Absent for an item. */
  readonly name?: string;
}

/** The way from a type to what a relocation is about. */
export interface Walk {
  readonly btf: BtfTypes;
  /** The type it starts from. */
  readonly root: number;
  /** Empty where the type itself is meant. Anonymous members are no steps of their own. */
  readonly steps: readonly Step[];
  /** Where it leads to, from the start of the type. */
  readonly bitOffset: number;
}

/**
 * The way that a relocation's access string describes in the types of the program. A worked example:
 *
 *   struct sample {        size 32
 *     int a;               member 0
 *     struct {             member 1, at byte 4
 *       int x;
 *       int b[6];          member 1, at byte 4 of the anonymous struct
 *     };
 *   } *s;
 *
 *   &s->b[5]     0:1:1:5   item 0 of *s, member 1 (anonymous), member 1 (b), item 5
 *                          steps: item 0, b of the anonymous struct, item 5; 4 + 4 + 5 * 4 bytes
 *   &s[2].a      2:0       steps: item 2, a; 2 * 32 bytes
 *   enum e, B    1         the constant with index 1
 *   struct s     0         the type itself: no steps
 *
 * Source: include/uapi/linux/bpf.h, struct bpf_core_relo (v7.3).
 *
 * @throws DecodeError when it does not describe such a way.
 */
export function followAccess(btf: BtfTypes, { typeId, access }: CoreRelocation, of: CoreKind['of']): Walk {
  const fail = (reason: string): never => {
    throw typeError(btf, typeId, `access ${JSON.stringify(access)} ${reason}`);
  };
  const indexes = /^\d+(:\d+)*$/.test(access) ? access.split(':').map(Number) : fail('is not of the form 0:1:2');
  if (indexes.length > MOST_STEPS) fail(`has more than ${MOST_STEPS} steps`);
  if (of === 'type') return access === '0' ? { btf, root: typeId, steps: [], bitOffset: 0 } : fail('into a whole type');
  if (of === 'enumerator') return followEnumerator(btf, typeId, indexes) ?? fail('is not a constant of an enum');
  return followField(btf, typeId, indexes) ?? fail('leads out of the type');
}

function followEnumerator(btf: BtfTypes, root: number, [index, ...more]: readonly number[]): Walk | undefined {
  const { id, type } = resolve(btf, root);
  const value = type.kind === 'enum' || type.kind === 'enum64' ? type.values[index!] : undefined;
  if (value === undefined || more.length > 0) return undefined;
  return { btf, root, steps: [{ type: id, index: index!, name: value.name }], bitOffset: 0 };
}

function followField(btf: BtfTypes, root: number, [first, ...rest]: readonly number[]): Walk | undefined {
  let current = resolve(btf, root).id;
  const steps: Step[] = [{ type: current, index: first! }];
  let bitOffset = 8 * first! * sizeOf(btf, current);
  for (const index of rest) {
    const { id, type } = resolve(btf, current);
    if (type.kind === 'struct' || type.kind === 'union') {
      const member = type.members[index];
      if (member === undefined) return undefined;
      bitOffset += member.bitOffset;
      if (member.name !== '') steps.push({ type: id, index, name: member.name });
      current = member.type;
    } else if (type.kind === 'array' && reaches(btf, type, index, steps.at(-1)!)) {
      current = resolve(btf, type.type).id;
      bitOffset += 8 * index * sizeOf(btf, current);
      steps.push({ type: current, index });
    } else return undefined;
  }
  return bitOffset < FARTHEST ? { btf, root, steps, bitOffset } : undefined;
}

/** Whether an array has an item `index`: of a flexible one, at the end of the struct that `step` is into, any. */
export function reaches(btf: BtfTypes, { length }: BtfArray, index: number, step: Step): boolean {
  if (index < length) return true;
  if (length > 0 || step.name === undefined) return false;
  const { type } = resolve(btf, step.type);
  return 'members' in type && step.index === type.members.length - 1;
}

/** The way as in C, for messages: `struct sample.b[5]`, `enum e::B`. */
export function formatWalk({ btf, root, steps }: Walk): string {
  const type = btf.types.at(root);
  const kind = type === undefined || type.kind === 'typedef' ? '' : type.kind === 'enum64' ? 'enum ' : `${type.kind} `;
  const name = `${kind}${type?.name || '(anonymous)'}`;
  const isEnum = steps.length === 1 && steps[0]!.name !== undefined;
  if (isEnum) return `${name}::${steps[0]!.name}`;
  const parts = steps.map((step, at) => {
    if (step.name !== undefined) return `.${step.name}`;
    return at === 0 && step.index === 0 ? '' : `[${step.index}]`;
  });
  return name + parts.join('');
}
