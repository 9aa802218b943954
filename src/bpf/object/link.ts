import { DecodeError } from '../../wire/error.js';
import { INSTRUCTION_SIZE, Instructions } from '../instruction.js';
import type { Code, FunctionSpec, JumpTable, ProgramSpec } from '../spec.js';

/** BPF_COMPLEXITY_LIMIT_INSNS, which no program may exceed (include/linux/bpf.h, v6.12). */
const MOST_INSTRUCTIONS = 1_000_000;

interface Placed {
  readonly code: FunctionSpec;
  /** Where it begins in the program. */
  readonly start: number;
}

/**
 * A program as the kernel wants it: its own code, then each function on its first call, depth first, every call made
 * relative to its place.
 *
 *   main: calls a, b      a: calls c      ->      main a c b
 *
 * This is the order of libbpf (bpf_object__reloc_code, v1.5), and so the program's tag is the same. func_info and
 * line_info are kept only when they speak of every function, as the kernel demands.
 *
 * @throws DecodeError when the program would be larger than any kernel takes.
 */
export function link(program: ProgramSpec): Code {
  const parts = order(program);
  const instructions = new Uint8Array(parts.reduce((sum, { code }) => sum + code.instructions.length, 0));
  const starts = new Map<FunctionSpec, number>();
  for (const { code, start } of parts) {
    instructions.set(code.instructions, start * INSTRUCTION_SIZE);
    starts.set(code, start);
  }
  const writable = new Instructions(instructions);
  for (const { code, start } of parts) {
    for (const { instruction, target } of code.calls) {
      const at = start + instruction;
      writable.setImmediate(at, starts.get(target)! - at - 1);
    }
  }
  const funcInfo = rebase(parts, 'funcInfo');
  const described = parts.every(({ code }) => code.funcInfo[0]?.instruction === 0);
  const jumpTables = jumpTablesOf(parts);
  const lined = described && parts.every(({ code }) => code.lineInfo[0]?.instruction === 0);
  return {
    instructions,
    references: rebase(parts, 'references'),
    externs: rebase(parts, 'externs'),
    coreRelocations: rebase(parts, 'coreRelocations'),
    ...(jumpTables.length === 0 ? {} : { jumpTables }),
    funcInfo: described ? funcInfo : [],
    lineInfo: lined ? rebase(parts, 'lineInfo') : [],
  };
}

/** The functions of a program, each with its place. */
function order(program: ProgramSpec): Placed[] {
  const parts: Placed[] = [];
  const seen = new Set<FunctionSpec>();
  let length = 0;
  // A stack of its own, since functions may call each other without end: the calls still to be looked at.
  const pending: FunctionSpec[] = [program.entry];
  // The callback comes last, as in libbpf; nobody may call it.
  if (program.exceptionCallback !== undefined) pending.unshift(program.exceptionCallback);
  for (let code = pending.pop(); code !== undefined; code = pending.pop()) {
    if (seen.has(code)) continue;
    seen.add(code);
    parts.push({ code, start: length });
    length += code.instructions.length / INSTRUCTION_SIZE;
    if (length > MOST_INSTRUCTIONS) {
      throw new DecodeError(
        `has more than ${MOST_INSTRUCTIONS} instructions with the functions it calls`,
        0,
        program.name,
      );
    }
    for (let index = code.calls.length - 1; index >= 0; index--) pending.push(code.calls[index]!.target);
  }
  return parts;
}

/** Their targets count from the program's start as well. */
function jumpTablesOf(parts: readonly Placed[]): JumpTable[] {
  return parts.flatMap(({ code, start }) =>
    (code.jumpTables ?? []).map(({ instruction, targets, ...table }) => ({
      ...table,
      instruction: instruction + start,
      targets: targets.map((target) => target + start),
    })),
  );
}

type Table = 'references' | 'externs' | 'coreRelocations' | 'funcInfo' | 'lineInfo';

/** The records of all functions, counted from the program's start. */
function rebase<K extends Table>(parts: readonly Placed[], table: K): Code[K][number][] {
  return parts.flatMap(({ code, start }) =>
    (code[table] as readonly Code[K][number][]).map((record) => ({
      ...record,
      instruction: record.instruction + start,
    })),
  );
}
