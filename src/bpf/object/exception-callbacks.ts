import { DecodeError } from '../../wire/error.js';
import type { Btf } from '../btf/types.js';
import type { ProgramSpec } from '../spec.js';
import type { Functions } from './functions.js';

const TAG = 'exception_callback:';

/**
 * The programs, with the functions that their tags name.
 *
 *   __attribute__((btf_decl_tag("exception_callback:f")))     DECL_TAG 'exception_callback:f' of FUNC 'program'
 *   int program(...)                                          ->   program has the exception callback f
 */
export function withCallbacks(
  programs: readonly ProgramSpec[],
  functions: Functions,
  btf: Btf | undefined,
): ProgramSpec[] {
  const names = new Map<string, string>();
  for (const type of btf?.types ?? []) {
    if (type.kind !== 'declTag' || type.component !== -1 || !type.name.startsWith(TAG)) continue;
    const target = btf!.types[type.type];
    if (target?.kind === 'func') names.set(target.name, type.name.slice(TAG.length));
  }
  if (names.size === 0) return [...programs];
  const all = [...functions.values()].flat();
  return programs.map((program) => {
    const name = names.get(program.name);
    if (name === undefined) return program;
    const callback = all.find(({ spec, local }) => spec.name === name && !local);
    if (callback === undefined)
      throw new DecodeError(`has no global function ${name} to call when it throws`, 0, program.name);
    return { ...program, exceptionCallback: callback.spec };
  });
}
