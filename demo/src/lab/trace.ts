import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { Undo } from '../undo.js';
import { type State, writeState } from './state.js';

const TRACEFS = '/sys/kernel/tracing';
const EVENT = 'events/bpf_trace/bpf_trace_printk/enable';

export interface TraceLine {
  /** Seconds since boot. */
  readonly time: number;
  /** What the program printed, without the run's number. */
  readonly text: string;
}

/**
 * The bpf_trace_printk lines of one run. They are read from a tracefs instance of the demo's own, so that nobody else's
 * reading takes them away, and told from other programs' lines by the run's number at their head.
 */
export class Trace {
  readonly #path: string;
  readonly #head: string;
  #closed = false;

  constructor(run: number, state: State, undo: Undo) {
    const name = `nlbpf-${run.toString(16)}`;
    this.#head = `nlbpf ${run.toString(16)}: `;
    this.#path = `${TRACEFS}/instances/${name}`;
    state.trace = name;
    writeState(state);
    mkdirSync(this.#path);
    undo.defer(`trace instance ${name}`, () => this.close());
    writeFileSync(`${this.#path}/${EVENT}`, '1');
  }

  /** Reading does not consume. */
  lines(): TraceLine[] {
    const lines: TraceLine[] = [];
    for (const line of readFileSync(`${this.#path}/trace`, 'utf8').split('\n')) {
      const at = line.indexOf(this.#head);
      const time = /\s(\d+\.\d+): /.exec(line)?.[1];
      if (at >= 0 && time !== undefined) lines.push({ time: Number(time), text: line.slice(at + this.#head.length) });
    }
    return lines;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    removeTrace(this.#path);
  }
}

function removeTrace(path: string): void {
  writeFileSync(`${path}/${EVENT}`, '0');
  rmdirSync(path);
}

/** Removes the instance that a killed run left; nothing when it is gone. */
export function removeTraceInstance(name: string): boolean {
  try {
    removeTrace(`${TRACEFS}/instances/${name}`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
