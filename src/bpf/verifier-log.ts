/** What the verifier's log says about why a program was refused. */
export interface VerifierFinding {
  /** What was wrong, in the verifier's words. */
  readonly reason: string;
  /** The instruction it was wrong with: its number in the program, and its text. */
  readonly instruction: { readonly index: number; readonly text: string } | undefined;
  /** The C source of that instruction. `file` and `line` are told by kernels from 6.9 on. */
  readonly source: { readonly text: string; readonly file?: string; readonly line?: number } | undefined;
  /** `processed 12 insns (limit 1000000) max_states_per_insn 0 ...` as numbers; empty if the log was cut. */
  readonly counters: Readonly<Record<string, number>>;
}

/** `5: (71) r0 = *(u8 *)(r2 +0)`, with the registers after it since 5.18: `... ; R0_w=scalar()`. */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) (.*?)(?:\s+; (?:R\d|frame).*)?$/;
/** `; return *p; @ tunnel.c:42` */
const SOURCE = /^; (.*?)(?: @ (\S+?):(\d+))?$/;
const COUNTERS = /^processed (\d+) insns \(limit (\d+)\)(.*)$/;

/** What the verifier prints about its own progress, and not about what is wrong. */
const PROGRESS = [
  /^(\d+: )?(frame\d+: )?R\d+(_[a-z]+)?=/, // registers, alone or after "5: "
  /^\s*(R\d+(_[rwD]+)?=\S*\s*)+$/,
  /^\d+: $/,
  /^from \d+ to \d+/,
  /^func#\d+ @\d+/,
  /^Live regs before insn/,
  /^\s+\d+: [\d.]+ \([0-9a-f]{2}\)/, // its table
  /^(mark_precise|last_idx|regs=|parent |stack=)/,
  /^(verification time|stack depth|insns processed|propagating|caller:|callee:)/,
  /^(returning from callee|to caller at)/,
  /^safe$/,
];

/**
 * The worked example:
 *
 * ```
 * ; return *(char *)(long)ctx->data; @ bad.c:7      <- source
 * 0: (61) r1 = *(u32 *)(r1 +76)         ; R1_w=pkt(r=0)
 * 1: (71) r0 = *(u8 *)(r1 +0)                       <- instruction
 * invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)   <- reason, may have several lines
 * R1 offset is outside of the packet
 * processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
 * ```
 */
export function explainLog(log: string): VerifierFinding {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const last = lines.findLastIndex((line) => INSTRUCTION.test(line));
  const reason = lines
    .slice(last + 1)
    .filter((line) => line !== '' && !COUNTERS.test(line) && !SOURCE.test(line) && !isProgress(line))
    .map((line) => line.trim())
    .join('; ');
  return {
    reason: reason === '' ? 'it gives no reason' : reason,
    instruction: instructionIn(lines[last]) ?? namedInstruction(reason),
    source: sourceBefore(lines, last),
    counters: countersIn(lines),
  };
}

function isProgress(line: string): boolean {
  return PROGRESS.some((pattern) => pattern.test(line));
}

function instructionIn(line: string | undefined): VerifierFinding['instruction'] {
  const match = INSTRUCTION.exec(line ?? '');
  return match === null ? undefined : { index: Number(match[1]), text: match[2]! };
}

/** `unreachable insn 3`, `jump out of range from insn 2 to 9`: refused before the first instruction was looked at. */
function namedInstruction(reason: string): VerifierFinding['instruction'] {
  const match = /\binsn (\d+)/.exec(reason);
  return match === null ? undefined : { index: Number(match[1]), text: '' };
}

/** The source line stands before the first of its instructions. */
function sourceBefore(lines: readonly string[], last: number): VerifierFinding['source'] {
  const line = lines.slice(0, last + 1).findLast((candidate) => SOURCE.test(candidate));
  const match = SOURCE.exec(line ?? '');
  if (match === null) return undefined;
  const text = match[1]!.trim();
  return match[2] === undefined ? { text } : { text, file: match[2], line: Number(match[3]) };
}

function countersIn(lines: readonly string[]): Record<string, number> {
  const match = COUNTERS.exec(lines.findLast((line) => COUNTERS.test(line)) ?? '');
  if (match === null) return {};
  const counters: Record<string, number> = { insns: Number(match[1]), limit: Number(match[2]) };
  for (const [, name, value] of match[3]!.matchAll(/(\w+) (\d+)/g)) counters[name!] = Number(value);
  return counters;
}
