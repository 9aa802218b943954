/** What kernels since 7.3 say at length about a refusal, beside the log of before. */
export interface VerifierReport {
  /** `Memory Safety: Access outside bounds`. */
  readonly title: string;
  /** In whole sentences. */
  readonly reason: string;
  /** What led there, first to last. */
  readonly path: readonly VerifierStep[];
  /** What to do; empty when it does not say. */
  readonly suggestion: string;
}

/** A point on the way to a refusal. */
export interface VerifierStep extends Place {
  readonly instruction: number | undefined;
  /** `branch: took the true branch of this conditional, goto followed`. */
  readonly event: string;
}

/** Where in C a report says it is. */
export interface Place {
  readonly function?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

const TITLE = 'Verification failed: ';
/** `  out_of_bounds @ refused.c:29:9` */
const PLACE = /^ {2}(\S+) @ (\S+):(\d+):(\d+)$/;

/**
 * The worked example, whose parts end where the next line without indentation begins:
 *
 * ```
 * Verification failed: Memory Safety: Access outside bounds
 * Reason:
 *   The verifier cannot prove offset + access_size <= object_size. Here, ...
 * At:
 *   out_of_bounds @ refused.c:29:9
 *   Source context:
 *   >>> 29 |         return entry->slots[skb->len & 7];
 *          |         ^-- error: access may be outside object bounds
 *   Instruction context:
 *   >>> 13 | (61) r6 = *(u32 *)(r0 +8)
 * Causal path:                                   the same for each step, with an empty line before the next
 * Suggestion:
 *   Add or adjust a bounds check that proves offset + access_size stays within the object.
 * ```
 */
export function reportIn(lines: readonly string[]): { report: VerifierReport; at: VerifierStep } | undefined {
  const start = lines.findIndex((line) => line.startsWith(TITLE));
  if (start < 0) return undefined;
  const parts = partsOf(lines.slice(start + 1));
  const part = (name: string): readonly string[] => parts.get(name) ?? [];
  const report = {
    title: lines[start]!.slice(TITLE.length),
    reason: paragraph(part('Reason')),
    path: stepsOf(part('Causal path')).map(stepOf),
    suggestion: paragraph(part('Suggestion')),
  };
  return { report, at: stepOf(part('At')) };
}

function partsOf(lines: readonly string[]): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    const name = /^(\S.*):$/.exec(line)?.[1];
    if (name !== undefined) parts.set(name, (current = []));
    else if (line === '' || line.startsWith(' ')) current.push(line);
    else break;
  }
  return parts;
}

const paragraph = (lines: readonly string[]): string => lines.join(' ').replace(/\s+/g, ' ').trim();

/** Each begins with its place; an empty line stands between two. */
function stepsOf(lines: readonly string[]): string[][] {
  const steps: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    if (index === 0 || lines[index - 1] === '') steps.push([]);
    steps.at(-1)!.push(line);
  }
  return steps;
}

function stepOf(lines: readonly string[]): VerifierStep {
  const [, name, file, line, column] = PLACE.exec(lines[0] ?? '') ?? [];
  const place = name === undefined ? {} : { function: name, file: file!, line: Number(line), column: Number(column) };
  return { ...place, instruction: instructionOf(lines), event: eventOf(lines) };
}

function instructionOf(lines: readonly string[]): number | undefined {
  for (const line of lines) {
    const number = /^ {2}>>> +(\d+) \| \([0-9a-f]{2}\) /.exec(line)?.[1] ?? /^ {2}insn (\d+)$/.exec(line)?.[1];
    if (number !== undefined) return Number(number);
  }
  return undefined;
}

/** What follows `^--`, in one line or more, all after a bar. */
function eventOf(lines: readonly string[]): string {
  const texts = lines.map((line) => /^\s*\|(.*)$/.exec(line)?.[1]);
  const start = texts.findIndex((text) => text?.includes('^-- '));
  if (start < 0) return '';
  const end = texts.findIndex((text, index) => index > start && text === undefined);
  return paragraph(texts.slice(start, end < 0 ? undefined : end) as string[]).replace('^-- ', '');
}
