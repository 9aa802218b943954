import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What outlives a killed run, and so is written down before it is made. */
export interface State {
  /** The process that made it. */
  readonly pid: number;
  /** The tracefs instance. */
  trace?: string;
  /** Inode of the network namespace that is the host side with --host; else that is the demo's own, and ends with it. */
  hostNetns?: number;
  /** Links made there, and its settings as they were. */
  links: string[];
  sysctls: [name: string, value: string][];
  /** A mount that keeps the demo's mount namespace (--keep). */
  kept?: string;
}

export const STATE_DIRECTORY = '/run/nlbpf-demo';
const FILE = `${STATE_DIRECTORY}/state.json`;

export function readState(): State | undefined {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeState(state: State): void {
  mkdirSync(STATE_DIRECTORY, { recursive: true });
  writeFileSync(FILE, JSON.stringify(state));
}

export function removeState(): void {
  rmSync(STATE_DIRECTORY, { recursive: true, force: true });
}

/** Whether the process that wrote the state still runs. */
export function isRunning(state: State): boolean {
  return state.pid !== process.pid && existsSync(`/proc/${state.pid}`);
}
