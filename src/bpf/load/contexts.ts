import { hasContextTag } from '../features/context-tag.js';
import { contextArguments, typeContexts } from '../object/context-arguments.js';
import type { ObjectSpec } from '../spec.js';
import type { FittedProgram } from './fit.js';

/** The object and its programs as a kernel wants them that does not know parameters tagged as the context (`__arg_ctx`). */
export function withTypedContexts(
  object: ObjectSpec,
  programs: readonly FittedProgram[],
): { readonly object: ObjectSpec; readonly programs: readonly FittedProgram[] } {
  const { btf } = object;
  const tagged = btf === undefined ? undefined : contextArguments(btf);
  if (btf === undefined || tagged === undefined || tagged.size === 0 || hasContextTag()) return { object, programs };
  const types = [...btf.types];
  const typed = programs.map(({ spec, code, missing }) => ({
    ...{ spec, missing },
    code: { ...code, funcInfo: typeContexts(types, spec.type, code.funcInfo, tagged) },
  }));
  return { object: { ...object, btf: { ...btf, types } }, programs: typed };
}
