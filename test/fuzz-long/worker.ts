// Feeds one target until its time is over; see main.ts.
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { NlbpfError } from '../../src/wire/error.js';
import { damaged, damages } from './damage.js';
import { shapeOf } from './shape.js';
import { TARGETS } from './targets.js';
import { MOST_INPUT, Watched } from './watched.js';

export interface Order {
  readonly target: string;
  readonly seed: number;
  readonly milliseconds: number;
  readonly buffer: SharedArrayBuffer;
  /** To run this alone. */
  readonly input?: Uint8Array | undefined;
}

export interface Outcome {
  /** What was wrong, and with what. */
  readonly failure?: { readonly why: string; readonly input: Uint8Array };
  readonly cases: number;
  /** In how many different ways it ended. */
  readonly shapes: number;
}

const MOST_SECONDS = 1;
const MOST_BYTES = 256 * 1024 * 1024;
/** Inputs kept because they led to something new. */
const MOST_KEPT = 2000;
const PER_ROUND = 500;

const { target: name, seed, milliseconds, buffer, input: given } = workerData as Order;
const watched = new Watched(buffer);
const target = TARGETS[name]!;
const shapes = new Set<string>();
const inputs = target.inputs().filter((input) => input.length <= MOST_INPUT);

/** Heap, and what lies outside of it for it. */
function bytesInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Runs one input; answers what was wrong. */
function wrong(input: Uint8Array, keep: boolean): string | undefined {
  const bytes = bytesInUse();
  const begun = performance.now();
  let value: unknown;
  watched.begin(input);
  try {
    value = target.run(input);
  } catch (error) {
    if (!(error instanceof NlbpfError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
    value = error;
  } finally {
    watched.end();
  }
  // By the clock on the wall first, which is cheap to read; other work on the machine moves it as well.
  const elapsed = (performance.now() - begun) / 1e3;
  if (elapsed > MOST_SECONDS && cpuSeconds(input) > MOST_SECONDS) return `it took ${elapsed.toFixed(2)} s`;
  const grown = bytesInUse() - bytes;
  if (grown > MOST_BYTES) return `it took ${grown} bytes`;
  note(input, value, keep);
  return undefined;
}

/** Processor time of one more run of an input that ended well. */
function cpuSeconds(input: Uint8Array): number {
  const before = process.cpuUsage();
  watched.begin(input);
  try {
    target.run(input);
  } catch {
    // Seen already.
  } finally {
    watched.end();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function note(input: Uint8Array, value: unknown, keep: boolean): void {
  const shape = shapeOf(value);
  if (shapes.has(shape) || shapes.size >= 20 * MOST_KEPT) return;
  shapes.add(shape);
  if (keep && inputs.length < MOST_KEPT) inputs.push(input);
}

function search(): Outcome {
  const until = performance.now() + milliseconds;
  const found = (why: string, input: Uint8Array): Outcome => ({
    failure: { why, input },
    cases: watched.cases,
    shapes: shapes.size,
  });
  for (const input of given === undefined ? [...inputs] : [given]) {
    const why = wrong(input, false);
    if (why !== undefined) return found(why, input);
  }
  for (let round = 0; given === undefined && performance.now() < until; round++) {
    for (const damage of damages(seed + round, PER_ROUND)) {
      const input = damaged(inputs, damage);
      const why = wrong(input, true);
      if (why !== undefined) return found(why, input);
    }
  }
  return { cases: watched.cases, shapes: shapes.size };
}

parentPort!.postMessage(search());
