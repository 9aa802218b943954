import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { runJson } from '../../support/command.js';

/** The demo as it is built. */
export const MAIN = fileURLToPath(new URL('../../../demo/dist/main.js', import.meta.url));
if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build it by \`npm run build\``);

// With a driver come devices and settings of every namespace: they are there before anything is compared.
spawnSync('modprobe', ['--quiet', '--all', 'veth', 'ipip', 'ip6_tunnel']);

const STATE = '/run/nlbpf-demo';
const INSTANCES = '/sys/kernel/tracing/instances';

/** Collects garbage before the process ends, so that it warns of what was never closed. */
const COLLECT = "process.once('beforeExit', () => { gc(); setTimeout(() => {}, 10); })";
const COMMAND = [process.execPath, '--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(COLLECT)}`];

/** How a run ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What only the kernel holds of a run, by its own numbers. */
export interface Held {
  readonly programs: readonly number[];
  readonly maps: readonly number[];
  readonly trace: string | undefined;
}

/** A run of the demo, in the namespaces of this process. */
export class Demo {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #wake = (): void => {};

  constructor(args: readonly string[], command: readonly string[] = COMMAND) {
    const [program, ...before] = command;
    this.#child = spawn(program!, [...before, MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (status) => {
        resolve({ status, stdout: this.#stdout, stderr: this.#stderr });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits for something to be printed, and stops the process there: what it holds can be looked at. */
  async stopAt(marker: RegExp): Promise<Held> {
    while (!marker.test(this.#stdout)) {
      if (this.#child.exitCode !== null) throw new Error(`${marker} was not printed: ${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#child.kill('SIGSTOP');
    while (!/^State:\s+T/m.test(readFileSync(`/proc/${this.pid}/status`, 'latin1'))) await sleep(1);
    const held = [...new Set(readdirSync(`/proc/${this.pid}/fdinfo`))].map((fd) => infoOf(this.pid, fd));
    const numbers = (name: string): number[] =>
      held.flatMap((info) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(info)?.[1] ?? []));
    return {
      programs: numbers('prog_id'),
      maps: numbers('map_id'),
      trace: readState()?.['trace'] as string | undefined,
    };
  }

  /** A signal for a process that {@link stopAt} has stopped, and on it goes. */
  go(...signals: readonly NodeJS.Signals[]): Promise<Ended> {
    for (const signal of signals) this.#child.kill(signal);
    this.#child.kill('SIGCONT');
    return this.ended;
  }
}

function infoOf(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
  } catch {
    return ''; // epoll and the like of a thread that has just gone
  }
}

export const demo = (...args: readonly string[]): Promise<Ended> => new Demo(args).ended;

export function readState(): Record<string, unknown> | undefined {
  return existsSync(`${STATE}/state.json`) ? JSON.parse(readFileSync(`${STATE}/state.json`, 'utf8')) : undefined;
}

/** What the machine shows of this process's namespaces: what a run must leave as it was. */
export function machine(): object {
  return {
    run: readdirSync('/run').sort(),
    links: (runJson('ip', '-j', 'link') as { ifname: string }[]).map(({ ifname }) => ifname),
    namespaces: existsSync('/run/netns') ? readdirSync('/run/netns') : [],
    pins: readdirSync('/sys/fs/bpf'),
    mounts: readFileSync('/proc/self/mountinfo', 'latin1')
      .split('\n')
      .map((line) => line.split(' ').slice(4).join(' ')),
    settings: settings(),
  };
}

/** Tells what changes by itself. */
const VOLATILE = /nf_conntrack_count|\/route\/|stable_secret|_inuse$/;

/** All that is below /proc/sys/net in this network namespace. */
export function settings(directory = '/proc/sys/net'): Record<string, string> {
  const all: Record<string, string> = {};
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(all, settings(path));
    else if (!VOLATILE.test(path)) all[path] = read(path);
  }
  return all;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!;
  }
}

/** Asserts that nothing of a run is left. The kernel frees programs and namespaces in its own time. */
export async function expectNothingLeft(before: object, held: Held): Promise<void> {
  expect(machine()).toEqual(before);
  const left = (): Held => {
    const ids = (what: 'prog' | 'map'): number[] =>
      (runJson('bpftool', '-j', what) as { id: number }[]).map(({ id }) => id);
    const [programs, maps] = [ids('prog'), ids('map')];
    return {
      programs: held.programs.filter((id) => programs.includes(id)),
      maps: held.maps.filter((id) => maps.includes(id)),
      trace: readdirSync(INSTANCES).find((name) => name === held.trace),
    };
  };
  await expect.poll(left, { timeout: 15_000, interval: 100 }).toEqual({ programs: [], maps: [], trace: undefined });
}
