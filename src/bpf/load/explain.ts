import { DecodeError } from '../../wire/error.js';
import type { Btf } from '../btf/types.js';
import { CORE_KINDS } from '../core/kinds.js';
import { followAccess, formatWalk } from '../core/spec.js';
import { type ProgramFacts, VerifierError } from '../error.js';
import { link } from '../object/link.js';
import type { Code, CoreRelocation, LineInfo, ObjectSpec, ProgramSpec } from '../spec.js';
import type { VerifierSource } from '../verifier-log.js';

/** Carries `load` out; a VerifierError then tells C sources and missing things by name, as the object knows them. */
export function explaining<T>({ btf }: ObjectSpec, program: ProgramSpec, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof VerifierError) || btf === undefined) throw error;
    throw error.with(factsOf(btf, link(program)));
  }
}

/** By the number of an instruction in the whole program. */
export function factsOf(btf: Btf, code: Code): ProgramFacts {
  return {
    source: (instruction) => sourceOf(btf, code.lineInfo, instruction),
    missing: (instruction) => missingAt(btf, code, instruction),
  };
}

/** The last line that begins at the instruction or before it. */
function sourceOf(btf: Btf, lines: readonly LineInfo[], instruction: number): VerifierSource | undefined {
  const found = lines.findLast((line) => line.instruction <= instruction);
  if (found === undefined) return undefined;
  const { line, column } = found;
  return { text: btf.strings.at(found.lineOff).trim(), file: btf.strings.at(found.fileNameOff), line, column };
}

/** Of a 64-bit load that was poisoned, both halves are calls. */
function missingAt(btf: Btf, code: Code, at: number): string | undefined {
  const here = ({ instruction }: { instruction: number }): boolean => instruction === at || instruction + 1 === at;
  const relocation = code.coreRelocations.find(here);
  if (relocation !== undefined) return wantedBy(btf, relocation);
  const map = code.references.find(here)?.map;
  return code.externs.find(here)?.name ?? (map && `map ${map}`);
}

/** `the offset of struct sk_buff.len` */
function wantedBy(btf: Btf, relocation: CoreRelocation): string | undefined {
  const kind = CORE_KINDS[relocation.kind];
  if (kind === undefined) return undefined;
  try {
    return `${kind.text} ${formatWalk(followAccess(btf, relocation, kind.of))}`;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
