import { CoreRelocator, type Poisoned } from '../core/relocate.js';
import { fileTargets, RUNNING_KERNEL } from '../kernel-btf.js';
import { link } from '../object/link.js';
import type { Code, ObjectSpec, ProgramSpec } from '../spec.js';

/** A program with all that it calls, as this kernel's types want it. */
export interface FittedProgram {
  readonly spec: ProgramSpec;
  readonly code: Code;
  /** What the kernel does not have, by the instruction that uses it. */
  readonly missing: Poisoned;
}

/** Links programs and carries their CO-RE relocations out, against the running kernel's types or those of a file. */
export function fitPrograms(
  { btf: types }: ObjectSpec,
  programs: readonly ProgramSpec[],
  btf: string | URL | Uint8Array | undefined,
): FittedProgram[] {
  const linked = programs.map((spec) => ({ spec, name: spec.name, code: link(spec) }));
  const core = new CoreRelocator(types ?? { types: [] }, btf === undefined ? RUNNING_KERNEL : fileTargets(btf));
  core.settle(linked);
  return linked.map(({ spec, name, code }) => ({ spec, code, missing: core.apply(code, name) }));
}
