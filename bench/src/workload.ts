import { fileURLToPath } from 'node:url';
import type { RtNetlink } from 'nlbpf';

/** What a workload is set up with. */
export interface Stage {
  /** In the benchmark's own network namespace. */
  readonly rt: RtNetlink;
  /** Where the compiled C programs are, and files for tools are put. */
  readonly directory: string;
  /** A directory on a BPF file system. */
  readonly pins: string;
  /** Keeps a file for a tool, and answers its path. */
  file(name: string, lines: Iterable<string>): string;
  /** Runs a command that belongs to the set-up. */
  run(command: string, ...args: readonly string[]): void;
}

/** One way to do the work: a command whose last line is a measurement. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
}

/** The work, and those who do it; the first is the floor that ratios are of. */
export interface Workload {
  readonly name: string;
  /** What is counted: `per route`. */
  readonly unit: string;
  readonly contestants: readonly Contestant[];
  /** Before and after each run. */
  readonly before?: () => void;
  readonly after?: () => void | Promise<void>;
  /** Once, when all is done. */
  readonly finish?: () => void | Promise<void>;
}

/** Sets a workload up; `quick` makes it a tenth or so. */
export type Setup = (stage: Stage, quick: boolean) => Workload;

/** The same work in C. */
export function inC(stage: Stage, name: string, program: string, ...args: readonly (string | number)[]): Contestant {
  return { name: `C${name}`, command: [`${stage.directory}/${program}`, ...args.map(String)] };
}

/** The same work by libbpf, without its start. */
export function byLibbpf(stage: Stage, name: string, ...args: readonly (string | number)[]): Contestant {
  return { name: `libbpf${name}`, command: [`${stage.directory}/libbpf`, ...args.map(String)] };
}

/** The same work by nlbpf, in a process of its own. */
export function byNlbpf(name: string, work: string, ...args: readonly (string | number)[]): Contestant {
  const worker = fileURLToPath(new URL('worker.js', import.meta.url));
  return { name: `nlbpf${name}`, command: [process.execPath, worker, work, ...args.map(String)] };
}

/** The same work by a tool, of which the whole process is measured, and `count` things are done. */
export function byTool(stage: Stage, name: string, count: number, ...command: readonly string[]): Contestant {
  return { name, command: [`${stage.directory}/measure`, String(count), ...command] };
}
