import { BPF_CORE_TYPE_ID_TARGET, BPF_CORE_TYPE_MATCHES, BPF_CORE_TYPE_SIZE } from '../../uapi/bpf.js';
import { BTF_MAX_TYPE } from '../../uapi/btf.js';
import type { DecodeError } from '../../wire/error.js';
import { DEEPEST, resolve, sizeOf, typeError, typeOf } from '../btf/resolve.js';
import type { BtfFunctionPrototype, BtfTypes } from '../btf/types.js';
import { type Candidate, sameKind } from './candidates.js';
import type { Walk } from './spec.js';
import { typesMatch } from './type-match.js';
import type { Value } from './value.js';

/** A candidate that the program's type may stand for as a whole; undefined when it may not. */
export function matchType(local: Walk, { btf, id }: Candidate, kind: number): Walk | undefined {
  const compare = kind === BPF_CORE_TYPE_MATCHES ? typesMatch : typesCompatible;
  return compare(local.btf, local.root, btf, id) ? { btf, root: id, steps: [], bitOffset: 0 } : undefined;
}

/** What the program sees of a type; 0 throughout where there is none, which is why nothing is poisoned. */
export function typeValue(kind: number, walk: Walk | undefined): Value {
  if (walk === undefined) return { value: 0n, checked: true };
  if (kind === BPF_CORE_TYPE_SIZE) return { value: BigInt(sizeOf(walk.btf, walk.root)), checked: true };
  // The number in the instruction is left from before the object was linked.
  if (kind === BPF_CORE_TYPE_ID_TARGET) return { value: BigInt(walk.root), checked: false };
  return { value: 1n, checked: true };
}

/**
 * Whether two types are alike on the outside: structs, unions, enums and forward declarations by their kind alone,
 * integers whatever their size, pointers and arrays by what they point at and hold, functions by what they take and
 * return.
 *
 *   struct task { int a; }          struct task { long b; }           alike
 *   typedef int (*fn)(struct a *)   typedef int (*fn)(struct b *)     alike
 *   typedef int (*fn)(struct a *)   typedef int (*fn)(int)            not
 *
 * Source: __bpf_core_types_are_compat in tools/lib/bpf/relo_core.c (v6.12).
 */
export function typesCompatible(localBtf: BtfTypes, localId: number, targetBtf: BtfTypes, targetId: number): boolean {
  const [local, target] = [typeOf(localBtf, localId), typeOf(targetBtf, targetId)];
  if (!sameKind(local.kind, target.kind)) return false;
  return new Comparison(localBtf, targetBtf).compatible(localId, targetId, DEEPEST);
}

/** The other kinds (floats, variables) no relocation is about. */
const COMPARED_BY_KIND: ReadonlySet<string> = new Set(['void', 'struct', 'union', 'enum', 'enum64', 'fwd']);

class Comparison {
  readonly #localBtf: BtfTypes;
  readonly #targetBtf: BtfTypes;
  /** Pairs of functions that were found compatible: hostile types refer to each other many times over. */
  readonly #known = new Set<number>();

  constructor(localBtf: BtfTypes, targetBtf: BtfTypes) {
    this.#localBtf = localBtf;
    this.#targetBtf = targetBtf;
  }

  compatible(localId: number, targetId: number, level: number): boolean {
    let [localAt, targetAt] = [localId, targetId];
    for (let depth = 0; depth < DEEPEST; depth++) {
      const { id, type: local } = resolve(this.#localBtf, localAt);
      const { id: otherId, type: target } = resolve(this.#targetBtf, targetAt);
      if (!sameKind(local.kind, target.kind)) return false;
      if (local.kind === 'int' && target.kind === 'int') return local.bitOffset === 0 && target.bitOffset === 0;
      if (local.kind === 'funcProto' && target.kind === 'funcProto') {
        const key = id * BTF_MAX_TYPE + otherId;
        const result = this.#known.has(key) || this.#functions(local, target, level - 1);
        if (result) this.#known.add(key);
        return result;
      }
      const hasInner = (local.kind === 'ptr' || local.kind === 'array') && 'type' in target;
      if (!hasInner) return COMPARED_BY_KIND.has(local.kind);
      [localAt, targetAt] = [local.type, target.type];
    }
    throw this.#tooDeep(localId);
  }

  #functions(local: BtfFunctionPrototype, target: BtfFunctionPrototype, level: number): boolean {
    if (local.params.length !== target.params.length) return false;
    if (level < 0) throw this.#tooDeep(local.type);
    return (
      local.params.every(({ type }, index) => this.compatible(type, target.params[index]!.type, level)) &&
      this.compatible(local.type, target.type, level)
    );
  }

  #tooDeep(id: number): DecodeError {
    return typeError(this.#localBtf, id, `is more than ${DEEPEST} types deep`);
  }
}
