import { BPF_CORE_ENUMVAL_EXISTS } from '../../uapi/bpf.js';
import { resolve } from '../btf/resolve.js';
import type { Walk } from './spec.js';
import type { Value } from './value.js';

/**
 * What the program sees of a constant: whether it is there, or its value; undefined when it has none.
 *
 *   enum e { A = 1, B = -1 }             B: 0xffffffffffffffff
 *   enum e { A = 1, B = 0xffffffff }     B: the same; `patch` shortens it where the program has it without sign
 *   enum e { A = 1, B = 0x100000000 }    B: 0x100000000
 */
export function enumValue(kind: number, walk: Walk | undefined): Value | undefined {
  if (kind === BPF_CORE_ENUMVAL_EXISTS) return { value: walk === undefined ? 0n : 1n, checked: true };
  if (walk === undefined) return undefined;
  const { type, index } = walk.steps[0]!;
  const { type: target } = resolve(walk.btf, type);
  if (target.kind === 'enum64') return { value: BigInt.asUintN(64, target.values[index]!.value), checked: true };
  if (target.kind !== 'enum') return undefined;
  return { value: BigInt.asUintN(64, BigInt(target.values[index]!.value | 0)), checked: true, extended: true };
}
