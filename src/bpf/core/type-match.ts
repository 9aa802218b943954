import { BTF_INT_SIGNED } from '../../uapi/btf.js';
import { essentialName } from '../btf/essential-name.js';
import { DEEPEST, resolve, typeError } from '../btf/resolve.js';
import type { BtfComposite, BtfEnum, BtfEnum64, BtfForward, BtfMember, BtfType, BtfTypes } from '../btf/types.js';

type AnyEnum = BtfEnum | BtfEnum64;

/**
 * Whether the target has all that the program's type has: every member by name and type, every constant by name. Behind
 * a pointer, structs and unions need only have the same name, and may be mere forward declarations.
 *
 *   program                       kernel
 *   struct pair {                 struct pair { long c; int a; struct b *next; };       matches
 *     int a;                      struct pair { unsigned a; struct b *next; };          not: another integer
 *     struct b *next;             struct pair { int a; };                               not: no next
 *   };
 *
 * Typedefs and qualifiers do not count; integers have to be of one name, size and sign, arrays of one length, functions
 * of matching parameters and results.
 *
 * Source: __bpf_core_types_match in tools/lib/bpf/relo_core.c (v6.12).
 *
 * @throws DecodeError for types that contain each other too deeply.
 */
export function typesMatch(localBtf: BtfTypes, localId: number, targetBtf: BtfTypes, targetId: number): boolean {
  return new Comparison(localBtf, targetBtf).match(localId, targetId, false, DEEPEST);
}

class Comparison {
  readonly #localBtf: BtfTypes;
  readonly #targetBtf: BtfTypes;
  /** What was found out about structs and functions: they may occur many times over. */
  readonly #known = new Map<string, boolean>();

  constructor(localBtf: BtfTypes, targetBtf: BtfTypes) {
    this.#localBtf = localBtf;
    this.#targetBtf = targetBtf;
  }

  match(localId: number, targetId: number, behindPointer: boolean, level: number): boolean {
    const { id, type: local } = resolve(this.#localBtf, localId);
    const { id: otherId, type: target } = resolve(this.#targetBtf, targetId);
    if (!sameName(local, target)) return false;
    const key = `${id} ${otherId} ${behindPointer}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (level <= 0) throw typeError(this.#localBtf, localId, `is more than ${DEEPEST} types deep`);
    const result = this.#compare(local, target, behindPointer, level - 1);
    this.#known.set(key, result);
    return result;
  }

  #compare(local: BtfType, target: BtfType, behindPointer: boolean, level: number): boolean {
    if (local.kind === 'enum' || local.kind === 'enum64') {
      return (target.kind === 'enum' || target.kind === 'enum64') && enumsMatch(local, target);
    }
    if (isCompositeOrForward(local)) {
      if (behindPointer) return isCompositeOrForward(target) && isUnion(local) === isUnion(target);
      if (local.kind === 'fwd') return target.kind === 'fwd' && local.union === target.union;
      return target.kind === local.kind && this.#membersMatch(local, target, level);
    }
    const inner = (a: number, b: number, behind = behindPointer) => this.match(a, b, behind, level);
    if (local.kind === 'void') return target.kind === 'void';
    if (local.kind === 'int') {
      const sign = (type: { readonly encoding: number }) => type.encoding & BTF_INT_SIGNED;
      return target.kind === 'int' && local.size === target.size && sign(local) === sign(target);
    }
    if (local.kind === 'ptr') return target.kind === 'ptr' && inner(local.type, target.type, true);
    if (local.kind === 'array') {
      return target.kind === 'array' && local.length === target.length && inner(local.type, target.type);
    }
    if (local.kind !== 'funcProto' || target.kind !== 'funcProto') return false;
    const parameters = target.params;
    if (local.params.length !== parameters.length) return false;
    return local.params.every(({ type }, at) => inner(type, parameters[at]!.type)) && inner(local.type, target.type);
  }

  #membersMatch(local: BtfComposite, target: BtfComposite, level: number): boolean {
    if (local.members.length > target.members.length) return false;
    const byName = new Map<string, BtfMember[]>();
    for (const member of target.members) {
      const name = essentialName(member.name);
      const namesakes = byName.get(name);
      if (namesakes === undefined) byName.set(name, [member]);
      else namesakes.push(member);
    }
    return local.members.every(({ name, type }) => {
      const namesakes = byName.get(essentialName(name)) ?? [];
      return namesakes.some((member) => this.match(type, member.type, false, level));
    });
  }
}

type CompositeOrForward = BtfComposite | BtfForward;

const isCompositeOrForward = (type: BtfType): type is CompositeOrForward =>
  type.kind === 'struct' || type.kind === 'union' || type.kind === 'fwd';

const isUnion = (type: CompositeOrForward): boolean => (type.kind === 'fwd' ? type.union : type.kind === 'union');

const sameName = (a: BtfType, b: BtfType): boolean => essentialName(a.name) === essentialName(b.name);

function enumsMatch(local: AnyEnum, target: AnyEnum): boolean {
  if (local.size !== target.size || local.values.length > target.values.length) return false;
  const names = new Set(target.values.map(({ name }) => essentialName(name)));
  return local.values.every(({ name }) => names.has(essentialName(name)));
}
