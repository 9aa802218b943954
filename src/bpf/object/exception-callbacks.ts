import type { Btf } from '../btf/types.js';
import type { ProgramSpec } from '../spec.js';
import type { Functions } from './functions.js';

const TAG = 'exception_callback:';

/**
 * The programs, with the functions that their tags name.
 *
 *   __attribute__((btf_decl_tag("exception_callback:f")))     DECL_TAG 'exception_callback:f' of FUNC 'program'
 *   int program(...)                                          ->   program has the exception callback f
 *
 * Tags that are wrong (two of them, or the name of no global function) add nothing: the verifier reads them too, and
 * refuses the program.
 */
export function withCallbacks(
  programs: readonly ProgramSpec[],
  functions: Functions,
  btf: Btf | undefined,
): ProgramSpec[] {
  const names = callbackNames(btf);
  if (names.size === 0) return [...programs];
  const callable = [...functions.values()].flat().filter(({ section, local }) => section.name === '.text' && !local);
  return programs.map((program) => {
    const [name, second] = names.get(program.name) ?? [];
    const callback = second === undefined ? callable.find(({ spec }) => spec.name === name) : undefined;
    return callback === undefined ? program : { ...program, exceptionCallback: callback.spec };
  });
}

/** What the tags of each function name. */
function callbackNames(btf: Btf | undefined): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const type of btf?.types ?? []) {
    if (type.kind !== 'declTag' || type.component !== -1 || !type.name.startsWith(TAG)) continue;
    const target = btf!.types[type.type];
    if (target?.kind !== 'func') continue;
    names.set(target.name, [...(names.get(target.name) ?? []), type.name.slice(TAG.length)]);
  }
  return names;
}
