import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** What outlives a killed run, and so is written down before it is made. */
export interface State {
  /** The process that made it. */
  readonly pid: number;
  /** When that was started, which tells it from a later one of the same number. */
  readonly started: string;
  /** The tracefs instance. */
  trace?: string;
  /** Inode of the network namespace that is the host side with --host; else that is the demo's own, and ends with it. */
  hostNetns?: number;
  /** Links made there, and its settings as they were. */
  links: string[];
  sysctls: [name: string, value: string][];
  /** The directory of named namespaces is the demo's as well. */
  netnsDirectory?: boolean;
  /** A mount that keeps the demo's mount namespace (--keep). */
  kept?: string;
}

export const STATE_DIRECTORY = '/run/nlbpf-demo';
const FILE = `${STATE_DIRECTORY}/state.json`;

/** The state of this process, which has made nothing yet. */
export function newState(): State {
  return { pid: process.pid, started: startOf(process.pid)!, links: [], sysctls: [] };
}

export function readState(): State | undefined {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: a process can be killed while it writes. */
export function writeState(state: State): void {
  mkdirSync(STATE_DIRECTORY, { recursive: true });
  writeFileSync(`${FILE}.new`, JSON.stringify(state));
  renameSync(`${FILE}.new`, FILE);
}

export function removeState(): void {
  rmSync(STATE_DIRECTORY, { recursive: true, force: true });
}

/** Whether the process that wrote the state still runs. */
export function isRunning({ pid, started }: State): boolean {
  return pid !== process.pid && startOf(pid) === started;
}

/** Clock ticks from boot to the start of a process; undefined for one that is over, waited for or not (proc(5)). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Behind the name, which may hold anything: state, then 18 numbers, then the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
