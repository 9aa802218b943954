import { spawnSync } from 'node:child_process';
import { min, quantile } from 'simple-statistics';
import type { Measurement } from './measurement.js';
import type { Contestant, Workload } from './workload.js';

/** Of several runs; times in microseconds per thing done, memory in MiB. */
export interface Result {
  readonly workload: string;
  readonly unit: string;
  readonly contestant: string;
  /** How many things a run does. */
  readonly count: number;
  readonly cpu: Spread;
  readonly wall: Spread;
  readonly rss: number;
  /** The medians as multiples of the first contestant's. */
  readonly ratio: { readonly cpu: number; readonly wall: number };
}

export interface Spread {
  readonly median: number;
  readonly min: number;
}

/** Runs all contestants `rounds` times, by turns, each time in new processes. */
export async function runWorkload(workload: Workload, rounds: number): Promise<Result[]> {
  const runs = workload.contestants.map((): Measurement[] => []);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, contestant] of workload.contestants.entries()) {
        workload.before?.();
        runs[index]!.push(once(contestant));
        await workload.after?.();
      }
    }
  } finally {
    await workload.finish?.();
  }
  const floor = summary(runs[0]!);
  return workload.contestants.map(({ name }, index) => {
    const own = summary(runs[index]!);
    const ratio = { cpu: own.cpu.median / floor.cpu.median, wall: own.wall.median / floor.wall.median };
    return { workload: workload.name, unit: workload.unit, contestant: name, ...own, ratio };
  });
}

function once({ name, command: [file = '', ...args] }: Contestant): Measurement {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${[file, ...args].join(' ')}: ${error?.message ?? stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measurement;
}

function summary(runs: readonly Measurement[]) {
  const spread = (time: (run: Measurement) => number): Spread => {
    const perThing = runs.map((run) => (1e6 * time(run)) / run.count);
    return { median: quantile(perThing, 0.5), min: min(perThing) };
  };
  return {
    count: runs[0]!.count,
    cpu: spread(({ cpu }) => cpu),
    wall: spread(({ wall }) => wall),
    rss: Math.max(...runs.map(({ rss }) => rss)) / 1024,
  };
}
