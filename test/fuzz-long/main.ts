// Damaged netlink messages, objects, BTF, maps and addresses, for as long as one likes. The only ends allowed are a
// value or an NlbpfError, within a second and 256 MiB. What fails is kept in a file, with the command to see it again.
// Ends with `N cases with seed N, N of N targets failed`, and with status 1 when any did.
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { TARGETS } from './targets.js';
import { Watched } from './watched.js';
import type { Order, Outcome } from './worker.js';

const HELP = `npm run fuzz -- [TARGET...] [--minutes N] [--seed N] [--input FILE]
  --minutes N   in all, shared by the targets; 1 where absent
  --seed N      the same inputs again; from the clock where absent
  --input FILE  only this input, for one TARGET
NLBPF_FUZZ_OBJECTS, in the environment, names a folder of objects to damage as well.
TARGET: ${Object.keys(TARGETS).join(' ')}
`;

/** Bytes; where the log is all that is left, a short input is in it. */
const MOST_PRINTED = 4096;

/** Processor time after which a case that has not ended is taken to hang. */
const HANGS_MICROSECONDS = 5_000_000;

function run(order: Omit<Order, 'buffer'>): Promise<Outcome> {
  const watched = new Watched();
  const worker = new Worker(new URL('worker.js', import.meta.url), {
    workerData: { ...order, buffer: watched.buffer } satisfies Order,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  let resolve = (_: Outcome): void => {};
  const outcome = new Promise<Outcome>((settle) => {
    resolve = settle;
  });
  const broken = (why: string): void =>
    resolve({ failure: { why, input: watched.input }, cases: watched.cases, shapes: 0 });
  worker.on('message', (outcome: Outcome) => resolve(outcome));
  worker.on('error', (error) => broken(error.stack ?? error.message));
  const stop = watch(watched, () => broken('it does not end'));
  return outcome.finally(() => {
    stop();
    return worker.terminate();
  });
}

/** Calls `hangs` when one case has used too much processor time. Answers how to stop watching. */
function watch(watched: Watched, hangs: () => void): () => void {
  let [cases, since] = [0, 0];
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (!watched.busy || watched.cases !== cases) [cases, since] = [watched.cases, user + system];
    else if (user + system - since > HANGS_MICROSECONDS) hangs();
  }, 200);
  return () => clearInterval(timer);
}

/** Answers whether all was well. */
function report(target: string, seed: number, { failure, cases, shapes }: Outcome): boolean {
  console.log(`${target.padEnd(12)} ${String(cases).padStart(9)} cases, ${shapes} kinds of ends`);
  if (failure === undefined) return true;
  const file = join(tmpdir(), `nlbpf-fuzz-${target}-${seed}.bin`);
  writeFileSync(file, failure.input);
  console.log(`${target}: FAILED: ${failure.why}\n  see it again: npm run fuzz -- ${target} --input ${file}`);
  console.log(`  or, elsewhere: npm run fuzz -- ${target} --seed ${seed}`);
  if (failure.input.length <= MOST_PRINTED) console.log(`  base64: ${Buffer.from(failure.input).toString('base64')}`);
  return false;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1e9) },
      input: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !(name in TARGETS));
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const usable = unknown.length === 0 && minutes > 0 && Number.isInteger(seed);
  if (values.help || !usable || (values.input !== undefined && positionals.length !== 1)) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const targets = positionals.length > 0 ? positionals : Object.keys(TARGETS);
  const input = values.input === undefined ? undefined : new Uint8Array(readFileSync(values.input));
  console.log(`seed ${seed}`);
  let [failed, cases] = [0, 0];
  for (const target of targets) {
    const outcome = await run({ target, seed, milliseconds: (minutes * 60_000) / targets.length, input });
    if (!report(target, seed, outcome)) failed++;
    cases += outcome.cases;
  }
  console.log(`${cases} cases with seed ${seed}, ${failed} of ${targets.length} targets failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
