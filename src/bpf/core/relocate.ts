import { BPF_CORE_TYPE_ID_LOCAL } from '../../uapi/bpf.js';
import { DecodeError } from '../../wire/error.js';
import { essentialName } from '../btf/essential-name.js';
import { typeOf } from '../btf/resolve.js';
import type { BtfTypes } from '../btf/types.js';
import { INSTRUCTION_SIZE, Instructions } from '../instruction.js';
import { ObjectError } from '../object-error.js';
import type { Code, CoreRelocation } from '../spec.js';
import { type Candidate, type CoreTargets, findCandidates } from './candidates.js';
import { enumValue } from './enum.js';
import { fieldValue } from './field.js';
import { CORE_KINDS, type CoreKind } from './kinds.js';
import { matchEnumerator, matchField } from './match.js';
import { patch, poison } from './patch.js';
import { followAccess, formatWalk, type Walk } from './spec.js';
import { matchType, typeValue } from './type.js';
import type { Value } from './value.js';

/** What a relocation comes to. */
interface Resolution {
  /** What it asks for: `the offset of struct sk_buff.len`. */
  readonly wanted: string;
  /** In the program. */
  readonly before: Value;
  /** In the kernel; absent where it is missing, as `missing` tells. */
  readonly after?: Value;
  readonly missing?: string;
}

/** Why instructions were poisoned, by their numbers: what the verifier's `invalid func unknown#195896080` means. */
export type Poisoned = ReadonlyMap<number, string>;

/**
 * Fits the programs of one object to the types of a kernel (CO-RE: compile once, run everywhere).
 *
 * A type of the program may have several candidates. All that have what is asked for must agree; those that do not have
 * it are out, for whatever is asked of this type later on: in the example, of the two structs called `info`, as soon as
 * `a` was asked for only the first is left.
 *
 *   program                      kernel                              asked in turn
 *   struct info { int a, b; }    struct info { int a; }              offset of a: 0, by the first
 *                                struct info { int c, b; }           is there b: no, the first has none
 *
 * Source: bpf_core_calc_relo_insn in tools/lib/bpf/relo_core.c, bpf_core_resolve_relo in tools/lib/bpf/libbpf.c (v6.12).
 */
export class CoreRelocator {
  readonly #local: BtfTypes;
  readonly #targets: CoreTargets;
  readonly #candidates = new Map<number, readonly Candidate[]>();
  /** By what is asked: once candidates are out they stay out, so that the answer does too. */
  readonly #known = new Map<string, Resolution>();
  /** Types that will be looked for. */
  #expected: ReadonlySet<number> = new Set();

  /** `local` are the types of the program. */
  constructor(local: BtfTypes, targets: CoreTargets) {
    this.#local = local;
    this.#targets = targets;
  }

  /**
   * Finds out what is asked for, in the order of the object file, which decides what candidates are left.
   *
   * @throws as {@link apply}.
   */
  settle(programs: Iterable<{ readonly name: string; readonly code: Pick<Code, 'coreRelocations'> }>): void {
    const all = [...programs].flatMap(({ name, code }) =>
      code.coreRelocations.map((relocation) => ({ name, relocation })),
    );
    all.sort((a, b) => a.relocation.order - b.relocation.order);
    this.#expected = new Set(all.map(({ relocation }) => relocation.typeId));
    for (const { name, relocation } of all) this.#within(name, relocation, () => this.#resolve(relocation));
  }

  /**
   * Writes what the kernel's types say into the instructions of a program, and poisons those that ask for what it does
   * not have. Those of all programs have been settled.
   *
   * @throws DecodeError when relocations and instructions do not go together, ObjectError (ERR_UNRESOLVED) when the kernel
   *   has types of one name that differ in what is asked for.
   */
  apply({ instructions, coreRelocations }: Code, program: string): Poisoned {
    const code = new Instructions(instructions);
    const poisoned = new Map<number, string>();
    for (const relocation of coreRelocations) {
      const reason = this.#within(program, relocation, () => this.#applyOne(code, relocation));
      if (reason !== undefined) poisoned.set(relocation.instruction, reason);
    }
    return poisoned;
  }

  /** Why the instruction was poisoned; undefined if it was not. */
  #applyOne(code: Instructions, relocation: CoreRelocation): string | undefined {
    const { wanted, before, after, missing } = this.#resolve(relocation);
    const { instruction } = relocation;
    if (instruction >= code.length) fail('is of an instruction that is not there');
    const reason = after === undefined ? missing : patch(code, instruction, { before, after });
    if (reason === undefined) return undefined;
    poison(code, instruction);
    return `${wanted}: ${reason}`;
  }

  #resolve(relocation: CoreRelocation): Resolution {
    const { typeId, access, kind } = relocation;
    const key = `${typeId} ${kind} ${access}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const resolution = this.#find(relocation);
    this.#known.set(key, resolution);
    return resolution;
  }

  #find(relocation: CoreRelocation): Resolution {
    const { typeId, kind } = relocation;
    const asked = CORE_KINDS[kind] ?? fail(`is of unknown CO-RE kind ${kind}`);
    const local = followAccess(this.#local, relocation, asked.of);
    const wanted = `${asked.text} ${formatWalk(local)}`;
    if (kind === BPF_CORE_TYPE_ID_LOCAL) {
      const value = { value: BigInt(typeId), checked: false };
      return { wanted, before: value, after: value };
    }
    const before = valueFor(asked, kind, local)!;
    const candidates = this.#candidatesOf(typeId);
    const matches = this.#matches(typeId, candidates, (candidate) => match(asked, kind, local, candidate));
    const after = agreed(wanted, matches, (walk) => valueFor(asked, kind, walk)!) ?? valueFor(asked, kind, undefined);
    if (after !== undefined) return { wanted, before, after };
    const name = formatWalk({ ...local, steps: [] });
    const missing = candidates.length === 0 ? `there is no ${name}` : `${name} has no such member, or of another kind`;
    return { wanted, before, missing };
  }

  #candidatesOf(typeId: number): readonly Candidate[] {
    const known = this.#candidates.get(typeId);
    if (known !== undefined) return known;
    const type = typeOf(this.#local, typeId);
    if (type.name === '') fail(`is about an anonymous ${type.kind}, which cannot be looked up`);
    this.#targets.first().expect(this.#namesExpected());
    const candidates = findCandidates(type, this.#targets);
    this.#candidates.set(typeId, candidates);
    return candidates;
  }

  /** Of all types that relocations are about, the first time. */
  #namesExpected(): string[] {
    const names = [...this.#expected].map((id) => essentialName(this.#local.types.at(id)?.name ?? ''));
    this.#expected = new Set();
    return names;
  }

  /** Those that match are the candidates from now on, if there are any. */
  #matches(
    typeId: number,
    candidates: readonly Candidate[],
    match: (candidate: Candidate) => Walk | undefined,
  ): Walk[] {
    const matches = candidates.map((candidate) => ({ candidate, walk: match(candidate) }));
    const found = matches.filter((pair): pair is { candidate: Candidate; walk: Walk } => pair.walk !== undefined);
    if (found.length > 0)
      this.#candidates.set(
        typeId,
        found.map(({ candidate }) => candidate),
      );
    return found.map(({ walk }) => walk);
  }

  /** Says of errors where they are. */
  #within<T>(program: string, { instruction }: CoreRelocation, job: () => T): T {
    try {
      return job();
    } catch (error) {
      const place = `program ${program}, CO-RE relocation of instruction ${instruction}`;
      if (error instanceof Ambiguous) throw new ObjectError('ERR_UNRESOLVED', place, error.message);
      if (!(error instanceof DecodeError)) throw error;
      const path = error.path === '' ? place : `${place}, ${error.path}`;
      throw new DecodeError(error.reason, INSTRUCTION_SIZE * instruction, path);
    }
  }
}

class Ambiguous extends Error {}

function match({ of }: CoreKind, kind: number, local: Walk, candidate: Candidate): Walk | undefined {
  if (of === 'field') return matchField(local, candidate);
  return of === 'type' ? matchType(local, candidate, kind) : matchEnumerator(local, candidate);
}

function valueFor({ of }: CoreKind, kind: number, walk: Walk | undefined): Value | undefined {
  if (of === 'field') return fieldValue(kind, walk);
  return of === 'type' ? typeValue(kind, walk) : enumValue(kind, walk);
}

/** The value that all ways lead to; undefined when there is none. */
function agreed(wanted: string, walks: readonly Walk[], read: (walk: Walk) => Value): Value | undefined {
  const [first, ...others] = walks.map((walk) => ({ walk, value: read(walk) }));
  for (const { walk, value } of others) {
    if (walk.bitOffset === first!.walk.bitOffset && value.value === first!.value.value) continue;
    const found = [first!, { walk, value }].map((one) => `${one.value.value} in type ${one.walk.root}`).join(', ');
    throw new Ambiguous(`${wanted} is ambiguous, since types of that name differ: ${found}`);
  }
  return first?.value;
}

function fail(reason: string): never {
  throw new DecodeError(reason, 0);
}
