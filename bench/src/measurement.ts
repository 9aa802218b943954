/** What a run took, as each program of the benchmark prints it on its last line: seconds, and KiB at the most. */
export interface Measurement {
  /** How many things were done. */
  readonly count: number;
  /** User and system time. */
  readonly cpu: number;
  readonly wall: number;
  readonly rss: number;
}

/** Runs `work`, which answers how many things it did, and prints what it took. Start-up and set-up do not count. */
export async function measure(work: () => number | Promise<number>): Promise<void> {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const count = await work();
  const took = { wall: (performance.now() - wall) / 1e3, ...process.cpuUsage(cpu) };
  const { maxRSS } = process.resourceUsage();
  const measurement: Measurement = { count, cpu: (took.user + took.system) / 1e6, wall: took.wall, rss: maxRSS };
  console.log(JSON.stringify(measurement));
}
