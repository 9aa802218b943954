import { NetlinkError } from 'nlbpf';
import type { Case, Datapath, Options, Tunnel } from '../options.js';
import { DEVICES, OUTER } from '../topology.js';
import type { Undo } from '../undo.js';
import { addHostLink, letForward, routeBack, type Tell } from './setup.js';
import type { Lab, Side } from './side.js';
import type { State } from './state.js';

/** The kernel has no such tunnel driver. */
export class NoDriverError extends Error {
  override readonly name = 'NoDriverError';
}

const { tun1, tun2 } = DEVICES;
/** The other ends of the pairs that stand for tunnel devices where the kernel has none. */
export const OTHER_END = { tun1: 'tun1p', tun2: 'tun2p' } as const;

/** What fits beside the outer header of 20 or 40 bytes. */
const INNER_MTU: Readonly<Record<Tunnel, number>> = { ipip: 1480, ip6tnl: 1460 };
/** Linux 5.10 measures what the forward program hands to tun1, outer header included, by tun1's MTU. */
const OUTER_MTU = 1500;

/** Creates tun1 and tun2, and says how: by the kernel's driver, or by pairs that BPF programs will make tunnels of. */
export function createTunnel(
  lab: Lab,
  { tunnel }: Case,
  wanted: Options['datapath'],
  state: State,
  undo: Undo,
  tell: Tell,
): Datapath {
  const datapath = wanted === 'bpf' ? 'bpf' : byDriver(lab, tunnel, state, undo, tell) ? 'driver' : 'bpf';
  if (wanted === 'driver' && datapath !== 'driver') {
    throw new NoDriverError(`this kernel has no ${tunnel} driver; --datapath bpf does without`);
  }
  if (datapath === 'bpf') {
    byPairs(lab, tunnel, state, undo);
    tell(`links ${tun1} (host) and ${tun2} (ns2): veth pairs, which BPF programs make ${tunnel} tunnels of`);
  }
  letForward(lab.host, tun1);
  // Without a link-local address no router is solicited through the tunnel.
  lab.host.sysctl.set(`net/ipv6/conf/${tun1}/addr_gen_mode`, ADDR_GEN_MODE_NONE);
  lab.ns2.sysctl.set(`net/ipv6/conf/${tun2}/addr_gen_mode`, ADDR_GEN_MODE_NONE);
  lab.ns2.sysctl.set(`net/ipv4/conf/${tun2}/rp_filter`, 0);
  lab.host.rt.links.set(tun1, { up: true });
  lab.ns2.rt.links.set(tun2, { up: true });
  routeBack(lab, tunnel === 'ip6tnl');
  return datapath;
}

/** `external`: the redirect program says with each packet where it goes. Protocol 0 carries IPv4 and IPv6. */
const EXTERNAL = {
  ipip: { kind: 'ipip', data: { collectMetadata: true } },
  ip6tnl: { kind: 'ip6tnl', data: { collectMetadata: true, proto: 0 } },
} as const;

/** False when the kernel says that it does not know the kind. */
function byDriver(lab: Lab, tunnel: Tunnel, state: State, undo: Undo, tell: Tell): boolean {
  const [host, far] = OUTER[tunnel];
  try {
    addHostLink(lab, { ifname: tun1, ...EXTERNAL[tunnel] }, state, undo);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EOPNOTSUPP') throw error;
    tell(`no ${tunnel} driver in this kernel: ${error.message}`);
    return false;
  }
  const ends = { local: far, remote: host, ttl: 64 } as const;
  if (tunnel === 'ipip') lab.ns2.rt.links.add({ ifname: tun2, kind: 'ipip', data: ends });
  else lab.ns2.rt.links.add({ ifname: tun2, kind: 'ip6tnl', data: { ...ends, proto: 0, flags: IGN_ENCAP_LIMIT } });
  tell(`link ${tun1} (host): ${tunnel}, external; link ${tun2} (ns2): ${tunnel} ${far} to ${host}`);
  return true;
}

const ADDR_GEN_MODE_NONE = 1;

/** IP6_TNL_F_IGN_ENCAP_LIMIT: no options header between the two IP headers (`encaplimit none`). */
const IGN_ENCAP_LIMIT = 1;
function byPairs(lab: Lab, tunnel: Tunnel, state: State, undo: Undo): void {
  addHostLink(lab, { ifname: tun1, kind: 'veth', mtu: OUTER_MTU, peer: { ifname: OTHER_END.tun1 } }, state, undo);
  lab.ns2.rt.links.add({ ifname: tun2, kind: 'veth', mtu: INNER_MTU[tunnel], peer: { ifname: OTHER_END.tun2 } });
  setUpPair(lab.host, tun1, OTHER_END.tun1);
  setUpPair(lab.ns2, tun2, OTHER_END.tun2);
}

/** Like a tunnel, the pair has no neighbours to find. */
function setUpPair({ rt, sysctl }: Side, device: string, otherEnd: string): void {
  sysctl.set(`net/ipv6/conf/${otherEnd}/disable_ipv6`, 1);
  rt.links.set(device, { arp: false });
  rt.links.set(otherEnd, { arp: false, up: true });
}
