import type { Btf } from '../btf/types.js';
import { type ProgramFacts, VerifierError } from '../error.js';
import type { LineInfo, ObjectSpec } from '../spec.js';
import type { VerifierSource } from '../verifier-log.js';
import type { FittedProgram } from './fit.js';

/** Carries `load` out; a VerifierError then tells C sources and missing things by name, as the object knows them. */
export function explaining<T>({ btf }: ObjectSpec, program: FittedProgram, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error;
    throw error.with(factsOf(btf, program));
  }
}

/** By the number of an instruction in the whole program. */
export function factsOf(btf: Btf | undefined, program: Pick<FittedProgram, 'code' | 'missing'>): ProgramFacts {
  return {
    source: (instruction) => btf && sourceOf(btf, program.code.lineInfo, instruction),
    missing: (instruction) => missingAt(program, instruction),
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
function missingAt({ code, missing }: Pick<FittedProgram, 'code' | 'missing'>, at: number): string | undefined {
  const here = ({ instruction }: { instruction: number }): boolean => instruction === at || instruction + 1 === at;
  const map = code.references.find(here)?.map;
  return missing.get(at) ?? missing.get(at - 1) ?? code.externs.find(here)?.name ?? (map && `map ${map}`);
}
