import type { Captured } from '../net/capture.js';
import type { PingResult } from '../net/ping.js';
import type { Case } from '../options.js';
import { DEVICES, OUTER, VIP4, VIP6 } from '../topology.js';

/** Something that must hold for the demo to have succeeded. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly seen: string;
}

export interface Evidence {
  readonly pings: readonly PingResult[];
  readonly captured: readonly Captured[];
  /** Packets sent around the tunnel, how many of them were answered, and how many the guard dropped. */
  readonly probes: { readonly sent: number; readonly answered: number; readonly dropped: number };
}

const isVip = (address: string | undefined): boolean => address === VIP4 || address === VIP6;

/** Echo messages of the pings proper, to or from a virtual address. */
function echoes({ pings, captured }: Evidence, device: string): Captured[] {
  const ids = new Set(pings.map(({ id }) => id));
  return captured.filter(({ device: on, dissected: { headers, echo } }) => {
    const inner = headers.at(-1);
    return (
      on === device && echo !== undefined && ids.has(echo.id) && (isVip(inner?.source) || isVip(inner?.destination))
    );
  });
}

export function check(evidence: Evidence, { tunnel }: Case): Check[] {
  const sent = evidence.pings.reduce((sum, ping) => sum + ping.sent, 0);
  const received = evidence.pings.reduce((sum, ping) => sum + ping.replies.length, 0);
  const onVens2 = echoes(evidence, DEVICES.vens2);
  const onTun2 = echoes(evidence, DEVICES.tun2);
  const [near, far] = OUTER[tunnel];
  const outer = (source: string, destination: string, type: string): number =>
    onVens2.filter(({ dissected: { headers, echo } }) => {
      const [first] = headers;
      return (
        headers.length === 2 && first?.source === source && first.destination === destination && echo?.type === type
      );
    }).length;
  const requests = outer(near, far, 'request');
  const replies = outer(far, near, 'reply');
  const plain = onVens2.filter(({ dissected }) => dissected.headers.length === 1).length;
  const nested = onTun2.filter(({ dissected }) => dissected.headers.length > 1).length;
  const { probes } = evidence;
  return [
    { what: 'every ping was answered', ok: sent > 0 && received === sent, seen: `${received} of ${sent}` },
    { what: `requests on vens2 are in ${near} > ${far}`, ok: requests === sent, seen: `${requests} of ${sent}` },
    { what: `replies on vens2 are in ${far} > ${near}`, ok: replies === sent, seen: `${replies} of ${sent}` },
    { what: 'none on vens2 is outside the tunnel', ok: plain === 0, seen: `${plain}` },
    {
      what: 'tun2 shows the inner packets alone',
      ok: onTun2.length === 2 * sent && nested === 0,
      seen: `${onTun2.length} of ${2 * sent}, ${nested} with an outer header`,
    },
    {
      what: 'the guard dropped what was sent around the tunnel',
      ok: probes.sent > 0 && probes.answered === 0 && probes.dropped === probes.sent,
      seen: `${probes.dropped} dropped, ${probes.answered} answered, of ${probes.sent}`,
    },
  ];
}
