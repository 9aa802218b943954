import type { TraceLine } from '../lab/trace.js';
import type { Case, Datapath, Options } from '../options.js';
import type { Check } from './checks.js';
import type { Hop } from './hops.js';

/** Prints what happens, as it happens; nothing at all where a document is printed at the end. */
export class Output {
  readonly #silent: boolean;
  /** Whether all could be undone. */
  clean = true;

  constructor(silent: boolean) {
    this.#silent = silent;
  }

  #print(line = ''): void {
    if (!this.#silent) console.log(line);
  }

  case(number: number, count: number, { tunnel, direction }: Case): void {
    this.#print(`=== case ${number} of ${count}: ${tunnel}, redirect at ${direction} ===`);
  }

  section(title: string): void {
    this.#print();
    this.#print(`== ${title}`);
  }

  step(what: string): void {
    this.#print(`  ${what}`);
  }

  lines(title: string, lines: readonly string[]): void {
    this.step(title);
    for (const line of lines) this.#print(`      ${line}`);
  }

  datapath(used: Datapath, wanted: Options['datapath']): void {
    const why =
      wanted === 'auto' ? (used === 'driver' ? ', the kernel has the driver' : ', the kernel has no driver') : '';
    this.step(`datapath: ${used}${why}`);
  }

  capture(title: string, lines: readonly string[]): void {
    this.section(`Captured on ${title}`);
    for (const line of lines) this.step(line);
  }

  trace(lines: readonly TraceLine[]): void {
    this.section('Printed by the programs (bpf_trace_printk)');
    for (const { time, text } of lines) this.step(`${time.toFixed(6)}: ${text}`);
  }

  hops({ request, reply }: { readonly request: readonly Hop[]; readonly reply: readonly Hop[] }): void {
    for (const [title, way] of [
      ['request', request],
      ['reply', reply],
    ] as const) {
      this.section(`The way of the first ${title}, hop by hop`);
      for (const { number, where, what, basis, evidence } of way) {
        this.step(`${String(number).padStart(2)}. ${where.padEnd(18)} ${what}`);
        this.step(`    ${''.padEnd(18)} ${basis}: ${evidence}`);
      }
    }
  }

  checks(checks: readonly Check[]): void {
    this.section('Result');
    for (const { what, ok, seen } of checks) this.step(`${ok ? 'ok    ' : 'FAILED'} ${what} (${seen})`);
  }

  keep(path: string): void {
    this.section('Kept');
    this.step(`look at it inside its mounts:  nsenter --mount=${path}`);
    this.step('there, for example:            bpftool map dump pinned /sys/fs/bpf/tc/globals/tun_iface');
    this.step('                               ip netns exec ns1 ping 10.10.1.102');
    this.step('remove it:                     npm run demo -- --clean');
  }

  failures(failures: readonly string[]): void {
    this.clean = false;
    for (const failure of failures) console.error(`could not be undone: ${failure}; try --clean`);
  }

  summary(passed: number, count: number): void {
    if (count === 1) return;
    this.#print();
    this.#print(`${passed} of ${count} cases passed`);
  }
}
