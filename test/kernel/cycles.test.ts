import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { build } from '../../demo/src/lab/build.js';
import { enterOwnMounts } from '../../demo/src/lab/mounts.js';
import { redirectDevice } from '../../demo/src/lab/programs.js';
import { newState, removeState } from '../../demo/src/lab/state.js';
import type { Case } from '../../demo/src/options.js';
import { Output } from '../../demo/src/report/output.js';
import { Undo } from '../../demo/src/undo.js';
import { runJson } from '../support/command.js';
import { mounts, openFds } from '../support/fds.js';

// Setting the demo's whole topology up and taking it down again, many times in one process, leaves nothing behind.

/** NLBPF_CYCLES=1000 where time does not matter. */
const CYCLES = Number(process.env['NLBPF_CYCLES'] ?? (process.env['CI'] === 'true' ? 400 : 100));
const CASES: readonly Case[] = (['ipip', 'ip6tnl'] as const).flatMap((tunnel) =>
  (['ingress', 'egress'] as const).map((direction) => ({ tunnel, direction })),
);
/** The head of what the programs print; by it the maps of this test are known. */
const RUN = 0x6379636c;

const directory = process.cwd();
afterAll(() => process.chdir(directory)); // changing mount namespaces loses it

/** Answers the kernel's numbers of the programs and maps that were there in between. */
function cycle(number: number): { programs: number[]; maps: number[] } {
  const kase = CASES[number % CASES.length]!;
  const undo = new Undo();
  const state = newState();
  const ids = { programs: [] as number[], maps: [] as number[] };
  try {
    enterOwnMounts(state, undo);
    const { lab, programs, redirect } = build(
      kase,
      { host: false, datapath: 'auto' },
      RUN,
      state,
      undo,
      new Output(true),
    );
    programs.attach(lab.host, redirectDevice(kase), kase.direction, 1, redirect, `redirect_${kase.tunnel}`);
    for (const program of redirect.programs.values()) {
      const { id, mapIds } = program.info();
      ids.programs.push(id);
      ids.maps.push(...mapIds);
    }
  } finally {
    expect(undo.run()).toEqual([]);
    removeState();
  }
  return ids;
}

/** What is counted exactly. */
function counts(): object {
  return {
    fds: openFds(),
    mounts: mounts(),
    names: readdirSync('/run/netns'),
    pins: readdirSync('/sys/fs/bpf').filter((name) => !name.endsWith('.debug')),
    links: (runJson('ip', '-j', 'link') as unknown[]).length,
    threads: readdirSync('/proc/self/task').length,
  };
}

/** Network namespaces of the whole machine; undefined where the kernel does not tell. */
function namespaces(): number | undefined {
  const found = /^net_namespace +(\d+)/m.exec(readFileSync('/proc/slabinfo', 'latin1'))?.[1];
  return found === undefined ? undefined : Number(found);
}

function memory(): { readonly heap: number; readonly rss: number } {
  for (let round = 0; round < 3; round++) globalThis.gc!();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 1e6, rss: rss / 1e6 };
}

test(`${CYCLES} cycles leave the machine as it was`, { timeout: 600_000 }, async (context) => {
  for (let number = 0; number < 2 * CASES.length; number++) cycle(number); // what is made once and kept
  const before = { counts: counts(), namespaces: namespaces(), memory: memory() };
  const last = { programs: new Set<number>(), maps: new Set<number>() };
  const begun = performance.now();
  for (let number = 0; number < CYCLES; number++) {
    const { programs, maps } = cycle(number);
    for (const id of programs) last.programs.add(id);
    for (const id of maps) last.maps.add(id);
    if (number % 10 !== 9) continue;
    globalThis.gc!();
    // The kernel takes namespaces down in its own time, and others want it too.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const seconds = (performance.now() - begun) / 1000;
  const after = memory();
  expect(counts()).toEqual(before.counts);
  const left = (): object => {
    const ids = (what: 'prog' | 'map'): number[] =>
      (runJson('bpftool', '-j', what) as { id: number }[]).map(({ id }) => id);
    return {
      programs: ids('prog').filter((id) => last.programs.has(id)),
      maps: ids('map').filter((id) => last.maps.has(id)),
    };
  };
  await expect.poll(left, { timeout: 60_000, interval: 200 }).toEqual({ programs: [], maps: [] });
  // Other processes have namespaces as well, but not as many as a leak would leave.
  if (before.namespaces !== undefined) {
    await expect.poll(namespaces, { timeout: 60_000, interval: 200 }).toBeLessThan(before.namespaces + CYCLES / 2);
  }
  // Whatever a cycle kept would be there as often: 40 kB of heap in 100 cycles, or 200 kB of the process in 1,000; V8 of
  // Node.js 24 and 26 lets garbage gather, and keeps up to 135 MB of pages after it, however few the cycles.
  expect(after.heap - before.memory.heap, 'MB of heap').toBeLessThan(4 + CYCLES / 250);
  expect(after.rss - before.memory.rss, 'MB of the process').toBeLessThan(150 + CYCLES / 50);
  const grown = `heap ${(after.heap - before.memory.heap).toFixed(1)} MB, process ${(after.rss - before.memory.rss).toFixed(1)} MB`;
  await context.annotate(`${CYCLES} cycles in ${seconds.toFixed(1)} s; grown by ${grown}`);
});
