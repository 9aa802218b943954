import type { TraceLine } from '../lab/trace.js';
import type { Captured } from '../net/capture.js';
import { describe } from '../net/packet.js';
import type { PingResult } from '../net/ping.js';
import type { Case, Datapath } from '../options.js';

/** One stage of a packet's way. */
export interface Hop {
  readonly number: number;
  readonly where: string;
  readonly what: string;
  /** Measured: seen in a capture, the trace, or a counter. Inferred: it must have happened between two that were. */
  readonly basis: 'measured' | 'inferred';
  /** What was seen, and where it was not, why it is believed. */
  readonly evidence: string;
}

/** What is known of one run. */
export interface Known {
  readonly kase: Case;
  readonly datapath: Datapath;
  readonly captured: readonly Captured[];
  readonly trace: readonly TraceLine[];
  readonly guardPassed: number;
  readonly ping: PingResult;
}

/** How a row of the table is proved. */
type Proof =
  | { readonly capture: readonly [device: string, direction: 'in' | 'out', headers: 1 | 2] }
  | { readonly trace: RegExp }
  | { readonly passed: true }
  | { readonly because: string };

interface Row {
  readonly where: string;
  readonly what: string;
  readonly proof: Proof;
  /** The row belongs to these only. */
  readonly only?: Case['direction'] | Datapath;
}

const REQUEST: readonly Row[] = [
  { where: 'ns1 vens1', what: 'leaves for the default gateway', proof: { capture: ['vens1', 'out', 1] } },
  { where: 'host ve1', what: 'arrives', proof: { capture: ['ve1', 'in', 1] } },
  {
    where: 'host ve1 ingress',
    what: 'the redirect program sets the tunnel key and sends it to tun1',
    proof: { trace: /^redirect / },
    only: 'ingress',
  },
  {
    where: 'host',
    what: 'is forwarded from ve1 to ve2 by the route to the virtual network',
    proof: { because: 'it came in by ve1, and met the program at ve2' },
    only: 'egress',
  },
  {
    where: 'host ve2 egress',
    what: 'the redirect program sets the tunnel key and sends it to tun1',
    proof: { trace: /^redirect / },
    only: 'egress',
  },
  { where: 'host tun1', what: 'enters the tunnel', proof: { capture: ['tun1', 'out', 1] } },
  {
    where: 'host tun1',
    what: 'the driver puts the outer header on',
    proof: { because: 'it went into tun1 without one and came out of ve2 with it' },
    only: 'driver',
  },
  {
    where: 'host tun1p ingress',
    what: 'the encap program puts the outer header on',
    proof: { trace: /^encap / },
    only: 'bpf',
  },
  { where: 'host ve2', what: 'leaves, outer and inner header', proof: { capture: ['ve2', 'out', 2] } },
  { where: 'ns2 vens2', what: 'arrives', proof: { capture: ['vens2', 'in', 2] } },
  { where: 'ns2 vens2 ingress', what: 'the guard lets it pass: it is not for the VIP itself', proof: { passed: true } },
  {
    where: 'ns2 tun2',
    what: 'the driver takes the outer header off',
    proof: { because: 'it arrived at vens2 with one and at tun2 without' },
    only: 'driver',
  },
  {
    where: 'ns2 vens2 ingress',
    what: 'the decap program takes the outer header off',
    proof: { trace: /^decap / },
    only: 'bpf',
  },
  { where: 'ns2 tun2', what: 'comes out of the tunnel', proof: { capture: ['tun2', 'in', 1] } },
  {
    where: 'ns2 lo',
    what: 'the kernel answers for the virtual address',
    proof: { because: 'the request came in and the reply goes out' },
  },
];

const REPLY: readonly Row[] = [
  { where: 'ns2 tun2', what: 'the reply enters the tunnel', proof: { capture: ['tun2', 'out', 1] } },
  {
    where: 'ns2 tun2',
    what: 'the driver puts the outer header on',
    proof: { because: 'it went into tun2 without one and came out of vens2 with it' },
    only: 'driver',
  },
  {
    where: 'ns2 tun2p ingress',
    what: 'the encap program puts the outer header on',
    proof: { trace: /^encap / },
    only: 'bpf',
  },
  { where: 'ns2 vens2', what: 'leaves, outer and inner header', proof: { capture: ['vens2', 'out', 2] } },
  { where: 'host ve2', what: 'arrives', proof: { capture: ['ve2', 'in', 2] } },
  {
    where: 'host ve2 ingress',
    what: 'the forward program sends it to the ingress of tun1',
    proof: { trace: /^forward / },
  },
  { where: 'host tun1', what: 'arrives with both headers', proof: { capture: ['tun1', 'in', 2] } },
  {
    where: 'host tun1',
    what: 'the driver takes the outer header off',
    proof: { because: 'tun1 shows it with and without' },
    only: 'driver',
  },
  {
    where: 'host tun1 ingress',
    what: 'the decap program takes the outer header off',
    proof: { trace: /^decap / },
    only: 'bpf',
  },
  { where: 'host tun1', what: 'comes out of the tunnel', proof: { capture: ['tun1', 'in', 1] } },
  { where: 'host ve1', what: 'is routed to ns1', proof: { capture: ['ve1', 'out', 1] } },
  { where: 'ns1 vens1', what: 'arrives, and the ping is answered', proof: { capture: ['vens1', 'in', 1] } },
];

/** The way of the first echo request of a ping from ns1, and of its reply. */
export function hops(known: Known): { readonly request: Hop[]; readonly reply: Hop[] } {
  const wanted = (row: Row): boolean =>
    row.only === undefined || row.only === known.kase.direction || row.only === known.datapath;
  const counts = new Map<string, number>();
  let number = 0;
  const hop = (row: Row, type: 'request' | 'reply'): Hop => {
    const seen = proved(row.proof, type, known, counts);
    number++;
    const common = { number, where: row.where, what: row.what };
    if (seen !== undefined) return { ...common, basis: 'measured', evidence: seen };
    const evidence = 'because' in row.proof ? row.proof.because : 'not seen';
    return { ...common, basis: 'inferred', evidence };
  };
  return {
    request: REQUEST.filter(wanted).map((row) => hop(row, 'request')),
    reply: REPLY.filter(wanted).map((row) => hop(row, 'reply')),
  };
}

/** What proves a row for the first request or reply; undefined when nothing does. */
function proved(
  proof: Proof,
  type: 'request' | 'reply',
  { captured, trace, guardPassed, ping }: Known,
  counts: Map<string, number>,
): string | undefined {
  if ('because' in proof) return undefined;
  if ('passed' in proof) return guardPassed > 0 ? `counter: ${guardPassed} passed` : undefined;
  if ('trace' in proof) {
    // The lines of one kind come in the packet's order: the first line is the request's, the next the reply's.
    const at = counts.get(proof.trace.source) ?? 0;
    counts.set(proof.trace.source, at + 1);
    const line = trace.filter(({ text }) => proof.trace.test(text))[at];
    return line === undefined ? undefined : `trace: ${line.text}`;
  }
  const [device, direction, headers] = proof.capture;
  const found = captured.find(({ device: on, direction: way, dissected }) => {
    const { echo } = dissected;
    const isIt = echo?.id === ping.id && echo.sequence === 1 && echo.type === type;
    return isIt && on === device && way === direction && dissected.headers.length === headers;
  });
  return found === undefined ? undefined : `capture: ${describe(found.dissected)}`;
}
