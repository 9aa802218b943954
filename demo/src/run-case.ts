import { randomInt } from 'node:crypto';
import { NetNs } from 'nlbpf';
import { build } from './lab/build.js';
import { enterOwnMounts, keepMounts } from './lab/mounts.js';
import { redirectDevice, verdicts } from './lab/programs.js';
import type { Lab } from './lab/side.js';
import { newState, removeState, type State, writeState } from './lab/state.js';
import { Trace, type TraceLine } from './lab/trace.js';
import { Capture, type Captured } from './net/capture.js';
import { describe } from './net/packet.js';
import { type PingResult, ping } from './net/ping.js';
import type { Case, Datapath, Options } from './options.js';
import { type Check, check } from './report/checks.js';
import { type Hop, hops } from './report/hops.js';
import type { Output } from './report/output.js';
import { DEVICES, VIP4, VIP6 } from './topology.js';
import { Undo } from './undo.js';

/** All that one case has shown. */
export interface CaseResult {
  readonly kase: Case;
  readonly datapath: Datapath;
  readonly tunIface: number;
  readonly pings: readonly PingResult[];
  readonly captured: readonly Captured[];
  readonly trace: readonly TraceLine[];
  readonly checks: readonly Check[];
  readonly hops: { readonly request: readonly Hop[]; readonly reply: readonly Hop[] };
  readonly ok: boolean;
}

const PROBE_TIMEOUT_MS = 400;
const PING_TIMEOUT_MS = 5000;
/** Each ping has an id of its own, by which its packets are known in the captures. */
const PROBE_ID = 0x1000;

/** Sets one case up, shows it, and takes it down again, whatever happens. Rejects when `signal` aborts. */
export async function runCase(kase: Case, options: Options, output: Output, signal: AbortSignal): Promise<CaseResult> {
  const undo = new Undo();
  const state = newState();
  if (options.host) state.hostNetns = hostInode();
  writeState(state);
  let kept = false;
  try {
    const home = enterOwnMounts(state, undo);
    const result = await show(kase, options, output, signal, state, undo);
    if (options.keep) {
      const path = keepMounts(home, state, undo);
      kept = true;
      output.keep(path);
    }
    return result;
  } finally {
    const failures = kept ? undo.keep() : undo.run();
    if (failures.length > 0) output.failures(failures);
    else if (!kept) removeState();
  }
}

function hostInode(): number {
  using netns = NetNs.current();
  return netns.inode;
}

async function show(
  kase: Case,
  options: Options,
  output: Output,
  signal: AbortSignal,
  state: State,
  undo: Undo,
): Promise<CaseResult> {
  const run = randomInt(0x10000000, 0x7fffffff);
  const { lab, datapath, programs, guard, redirect, tunIface } = build(kase, options, run, state, undo, output);
  const trace = new Trace(run, state, undo);
  using capture = listen(lab);

  output.section('A packet around the tunnel, which the guard must drop');
  const probes = await probe(lab, kase, output, signal);
  const dropped = verdicts(guard).dropped;
  output.step(`guard: ${dropped} dropped`);

  output.section('Ping');
  programs.attach(lab.host, redirectDevice(kase), kase.direction, 1, redirect, `redirect_${kase.tunnel}`);
  const pings = await pingAll(lab, kase, options.count, output, signal);

  const captured = capture.read();
  const lines = trace.lines();
  output.capture('vens2 in ns2: outer and inner headers', packetsOn(captured, DEVICES.vens2));
  output.capture('tun2 in ns2: inner headers', packetsOn(captured, DEVICES.tun2));
  output.trace(lines);
  const guardPassed = verdicts(guard).passed;
  const way = hops({ kase, datapath, captured, trace: afterProbes(lines), guardPassed, ping: pings[0]! });
  output.hops(way);
  const checks = check({ pings, captured, probes: { ...probes, dropped: verdicts(guard).dropped } }, kase);
  output.checks(checks);
  return {
    kase,
    datapath,
    tunIface,
    pings,
    captured,
    trace: lines,
    checks,
    hops: way,
    ok: checks.every(({ ok }) => ok),
  };
}

function listen({ host, ns1, ns2 }: Lab): Capture {
  const capture = new Capture();
  capture.add(ns1, DEVICES.vens1);
  for (const device of [DEVICES.ve1, DEVICES.tun1, DEVICES.ve2]) capture.add(host, device);
  for (const device of [DEVICES.vens2, DEVICES.tun2]) capture.add(ns2, device);
  return capture;
}

const vips = ({ tunnel }: Case): readonly string[] => (tunnel === 'ip6tnl' ? [VIP4, VIP6] : [VIP4]);

/** Before the redirect program is there, the host sends to the virtual addresses straight through ve2. */
async function probe({ host }: Lab, kase: Case, output: Output, signal: AbortSignal) {
  let answered = 0;
  let sent = 0;
  for (const destination of vips(kase)) {
    const id = PROBE_ID + sent;
    const result = await ping({
      netns: host.netns,
      from: 'host',
      destination,
      id,
      count: 1,
      timeoutMs: PROBE_TIMEOUT_MS,
      signal,
      onLine: (line) => output.step(line),
    });
    sent += result.sent;
    answered += result.replies.length;
  }
  return { sent, answered };
}

async function pingAll(
  lab: Lab,
  kase: Case,
  count: number,
  output: Output,
  signal: AbortSignal,
): Promise<PingResult[]> {
  const sources = kase.direction === 'egress' ? [lab.ns1, lab.host] : [lab.ns1];
  const results: PingResult[] = [];
  for (const { netns, name } of sources) {
    for (const destination of vips(kase)) {
      const id = PROBE_ID + 0x100 + results.length;
      const onLine = (line: string): void => output.step(line);
      results.push(
        await ping({ netns, from: name, destination, id, count, timeoutMs: PING_TIMEOUT_MS, signal, onLine }),
      );
    }
  }
  return results;
}

function packetsOn(captured: readonly Captured[], device: string): string[] {
  const first = captured[0]?.packet.time ?? 0n;
  return captured
    .filter((one) => one.device === device && one.dissected.echo !== undefined)
    .map(({ packet, direction, dissected }) => {
      const milliseconds = (Number(packet.time - first) / 1e6).toFixed(3).padStart(9);
      return `${milliseconds} ms ${direction.padEnd(3)} ${describe(dissected)}`;
    });
}

/** The probes leave lines of the guard alone. */
const afterProbes = (lines: readonly TraceLine[]): TraceLine[] => lines.filter(({ text }) => !text.startsWith('guard'));
