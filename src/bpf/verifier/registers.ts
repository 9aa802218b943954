import { instructionIn, STATE } from './lines.js';

/** Registers and stack slots by name, `R1` or `fp-8`, in the verifier's words: `scalar(umax=28,var_off=(0x0; 0x1c))`. */
export type Registers = Readonly<Record<string, string>>;

/** A name, without what it says about reads and writes of the register; a value goes on to the next name. */
const NAME = /(?:^| )(R\d+|fp-\d+|refs)(?:_[a-zA-Z]+)?=/g;

/**
 * What the registers held before the last of `lines` was carried out, in its function. Since 5.18 a line tells what its
 * instruction changed, and only at jumps all of it; older kernels tell all of it where they tell it.
 *
 * ```
 * 0: R1=ctx() R10=fp0                                        <- all
 * 0: (61) r1 = *(u32 *)(r1 +76)         ; R1_w=pkt(r=0)      <- a change
 * 1: (71) r0 = *(u8 *)(r1 +0)                                <- here, R1 is pkt(r=0) and R10 fp0
 * ```
 */
export function registersAt(lines: readonly string[]): Registers {
  let registers: Record<string, string> = {};
  for (const line of lines) {
    const state = STATE.exec(line.trimStart());
    if (state !== null) registers = parse(state[1]!);
    else Object.assign(registers, parse(instructionIn(line)?.state ?? ''));
  }
  return registers;
}

function parse(text: string): Record<string, string> {
  const names = [...text.matchAll(NAME)];
  const end = (index: number): number => names[index + 1]?.index ?? text.length;
  return Object.fromEntries(
    names.map((match, index) => [match[1]!, text.slice(match.index + match[0].length, end(index)).trim()]),
  );
}
