import { COUNTERS, instructionIn, isProgress, SOURCE } from './verifier/lines.js';
import { type Registers, registersAt } from './verifier/registers.js';
import { type Place, reportIn, type VerifierReport } from './verifier/report.js';
import { suggestionFor } from './verifier/suggestions.js';

/** What the verifier's log says about why a program was refused. */
export interface VerifierFinding {
  /** What was wrong, in the verifier's words. */
  readonly reason: string;
  /** The instruction it was wrong with: its number in the program, and its text. */
  readonly instruction: { readonly index: number; readonly text: string } | undefined;
  /** The C source of that instruction. */
  readonly source: VerifierSource | undefined;
  /** What registers and stack held before that instruction, as far as the log tells. */
  readonly registers: Registers;
  /** `processed 12 insns (limit 1000000) max_states_per_insn 0 ...` as numbers; empty if the log was cut. */
  readonly counters: Readonly<Record<string, number>>;
  /** What to do about it; undefined for uncommon complaints. */
  readonly suggestion: string | undefined;
  /** What kernels since 7.3 say at length. */
  readonly report: VerifierReport | undefined;
}

/** A line of C. Kernels tell `file` and `line` since 6.9, `function` and `column` since 7.3; objects with BTF always. */
export interface VerifierSource extends Place {
  readonly text: string;
}

/** What is wrong stands at the end, and a log of a million instructions has 50 MiB and more. */
const LONGEST_TAIL = 1 << 20;
/** Longer than any of the kernel's. */
const LONGEST_LINE = 4096;

/**
 * The worked example:
 *
 * ```
 * ; return *(char *)(long)ctx->data; @ bad.c:7      <- source
 * 0: (61) r1 = *(u32 *)(r1 +76)         ; R1_w=pkt(r=0)        <- a register
 * 1: (71) r0 = *(u8 *)(r1 +0)                       <- instruction
 * invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)   <- reason, may have several lines
 * R1 offset is outside of the packet
 *                                                   <- the report, from here to the counters, since 7.3
 * processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
 * ```
 */
export function explainLog(log: string): VerifierFinding {
  const lines = tailOf(log)
    .split('\n')
    .map((line) => line.slice(0, LONGEST_LINE).trimEnd());
  const told = reportIn(lines);
  const last = lines.findLastIndex((line) => instructionIn(line) !== undefined);
  const found = instructionIn(lines[last] ?? '');
  const reason = reasonAfter(lines, last);
  return {
    reason: reason === '' ? 'it gives no reason' : reason,
    instruction: found === undefined ? namedInstruction(reason) : { index: found.index, text: found.text },
    source: sourceBefore(lines, last, told?.at),
    registers: registersAt([...lines.slice(0, Math.max(0, last)), ...stateAfter(lines, last)]),
    counters: countersIn(lines),
    suggestion: told?.report.suggestion || suggestionFor(reason),
    report: told?.report,
  };
}

function tailOf(log: string): string {
  if (log.length <= LONGEST_TAIL) return log;
  return log.slice(log.indexOf('\n', log.length - LONGEST_TAIL) + 1);
}

/** Up to the report, which an empty line comes before. */
function reasonAfter(lines: readonly string[], last: number): string {
  const rest = lines.slice(last + 1);
  const end = rest.findIndex((line) => line.startsWith('Verification failed: '));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !isProgress(line))
    .join('; ');
}

/** Kernels before 5.18 tell the registers after the instruction that they are about. */
function stateAfter(lines: readonly string[], last: number): readonly string[] {
  return lines.slice(last + 1, last + 2).filter((line) => /^ (frame\d+: )?R\d/.test(line));
}

/** `unreachable insn 3`, `jump out of range from insn 2 to 9`: refused before the first instruction was looked at. */
function namedInstruction(reason: string): VerifierFinding['instruction'] {
  const match = /\binsn (\d+)/.exec(reason);
  return match === null ? undefined : { index: Number(match[1]), text: '' };
}

/** The source line stands before the first of its instructions. The report knows more about the same line. */
function sourceBefore(lines: readonly string[], last: number, at: Place | undefined): VerifierSource | undefined {
  const line = lines.slice(0, last + 1).findLast((candidate) => SOURCE.test(candidate));
  const match = SOURCE.exec(line ?? '');
  if (match === null) return undefined;
  const text = match[1]!.trim();
  if (match[2] === undefined) return { text };
  const place = { file: match[2], line: Number(match[3]) };
  const { function: name, column } = at?.line === place.line ? at : {};
  return { text, ...place, ...(name !== undefined && { function: name }), ...(column !== undefined && { column }) };
}

function countersIn(lines: readonly string[]): Record<string, number> {
  const match = COUNTERS.exec(lines.findLast((line) => COUNTERS.test(line)) ?? '');
  if (match === null) return {};
  const counters: Record<string, number> = { insns: Number(match[1]), limit: Number(match[2]) };
  for (const [, name, value] of match[3]!.matchAll(/(\w+) (\d+)/g)) counters[name!] = Number(value);
  return counters;
}
