/** The forms that lines of a verifier log have, of all kernels. */

export interface InstructionLine {
  readonly index: number;
  readonly text: string;
  /** The registers after it, since 5.18; else empty. */
  readonly state: string;
}

/** `5: (71) r0 = *(u8 *)(r2 +0)`, or `5: (71) r0 = *(u8 *)(r2 +0)   ; R0_w=scalar()`; undefined for other lines. */
export function instructionIn(line: string): InstructionLine | undefined {
  const match = /^(\d+): \([0-9a-f]{2}\) (.*)$/.exec(line);
  if (match === null) return undefined;
  const [, index, rest = ''] = match;
  const end = rest.search(/; (?:R\d|frame\d|fp-|refs=)/);
  if (end < 0) return { index: Number(index), text: rest.trimEnd(), state: '' };
  return { index: Number(index), text: rest.slice(0, end).trimEnd(), state: rest.slice(end + 2) };
}

/** `; return *p; @ tunnel.c:42`; the file and the line since 6.9. */
export const SOURCE = /^; (.*?)(?: @ (\S+?):(\d+))?$/;
export const COUNTERS = /^processed (\d+) insns \(limit (\d+)\)(.*)$/;
/** All registers: `5: R1=ctx() R10=fp0`, `from 3 to 5: frame1: R1=...`; before 5.18 without the number. */
export const STATE = /^(?:from \d+ to \d+(?: \([^)]*\))?|\d+)?:? ?((?:frame\d+: )?R\d+(?:_[a-zA-Z]+)?=.*)$/;

/** What the verifier prints about its own progress, and not about what is wrong. */
const PROGRESS = [
  STATE,
  SOURCE,
  COUNTERS,
  /^\d+: $/,
  /^from \d+ to \d+/,
  /^func#\d+ @\d+/,
  /^Validating /,
  /^Live regs before insn/,
  /^\s+\d+: [\d.]+ \([0-9a-f]{2}\)/, // its table
  /^(mark_precise|last_idx|regs=|parent |stack=)/,
  /^(verification time|stack depth|insns processed|propagating|caller:|callee:)/,
  /^(returning from callee|to caller at)/,
  /^(cur|old) state:/,
  /^safe$/,
];

export function isProgress(line: string): boolean {
  return PROGRESS.some((pattern) => pattern.test(line));
}
