import { NetNs } from 'nlbpf';
import {
  ADDRESSES,
  bare,
  CLIENT4_NET,
  CLIENT6_NET,
  DEVICES,
  NAMES,
  VIP4,
  VIP4_NET,
  VIP6,
  VIP6_NET,
} from '../topology.js';
import type { Undo } from '../undo.js';
import { Settings } from './settings.js';
import { type Lab, Side } from './side.js';
import { type State, writeState } from './state.js';

/** Tells what is done, as it is done. */
export type Tell = (what: string) => void;

/** Opens the three namespaces: all new, or the host side the current one. */
export function openLab(useHost: boolean, undo: Undo, tell: Tell): Lab {
  const make = (name: string): Side => {
    const side = undo.use(`the handles of namespace ${name}`, new Side(name, NetNs.create(name)));
    undo.defer(`namespace ${name}`, () => side.netns.delete());
    side.rt.links.set('lo', { up: true });
    tell(`namespace ${name}`);
    return side;
  };
  const here = (): Side => {
    const side = undo.use('the handles of the current namespace', new Side(NAMES.host, NetNs.current()));
    tell('namespace host: the current one');
    return side;
  };
  return { host: useHost ? here() : make(NAMES.host), ns1: make(NAMES.ns1), ns2: make(NAMES.ns2) };
}

/** Creates a link on the host side; in the machine's own namespace it is written down first. */
export function addHostLink(
  lab: Lab,
  settings: Parameters<Side['rt']['links']['add']>[0] & { readonly ifname: string },
  state: State,
  undo: Undo,
): void {
  const { ifname } = settings;
  const { links } = lab.host.rt;
  if (state.hostNetns !== undefined) refuseTaken(lab.host, ifname);
  recordLink(state, ifname);
  try {
    links.add(settings);
  } catch (error) {
    forgetLink(state, ifname);
    throw error;
  }
  undo.defer(`link ${ifname}`, () => links.delete(ifname));
}

/** Before it is written down as the demo's, and so deleted by --clean. */
function refuseTaken({ rt }: Side, ifname: string): void {
  const taken = rt.links.list().some((link) => link.ifname === ifname || link.propList?.altIfname?.includes(ifname));
  if (taken)
    throw new Error(`there is a link ${ifname} already, which is not the demo's; without --host it is not in the way`);
}

/** Written down before it is made: a process can be killed between any two lines. */
function recordLink(state: State, ifname: string): void {
  if (state.hostNetns === undefined) return;
  state.links.push(ifname);
  writeState(state);
}

function forgetLink(state: State, ifname: string): void {
  if (state.hostNetns === undefined) return;
  state.links.splice(state.links.indexOf(ifname), 1);
  writeState(state);
}

/** Pairs, addresses, routes and settings: everything but the tunnel. */
export function connect(lab: Lab, useHost: boolean, state: State, undo: Undo, tell: Tell): void {
  const { host, ns1, ns2 } = lab;
  const { ve1, vens1, ve2, vens2 } = DEVICES;
  const settings = new Settings(host, useHost, state, undo);
  addHostLink(lab, { ifname: ve1, kind: 'veth', peer: { ifname: vens1, netns: ns1.netns } }, state, undo);
  tell(`link ${ve1} (host) -- ${vens1} (ns1)`);
  addHostLink(lab, { ifname: ve2, kind: 'veth', peer: { ifname: vens2, netns: ns2.netns } }, state, undo);
  tell(`link ${ve2} (host) -- ${vens2} (ns2)`);

  // Packets come back by the tunnel, not by the way that the routes show.
  settings.set('net/ipv4/conf/all/rp_filter', 0);
  ns2.sysctl.set('net/ipv4/conf/all/rp_filter', 0);
  settings.forwardIpv6();
  for (const device of [ve1, ve2]) letForward(host, device);
  ns2.sysctl.set(`net/ipv4/conf/${vens2}/rp_filter`, 0);

  giveAddresses(host, ve1);
  giveAddresses(host, ve2);
  giveAddresses(ns1, vens1);
  giveAddresses(ns2, vens2);
  ns2.rt.addresses.add({ dev: 'lo', address: `${VIP4}/32` });
  ns2.rt.addresses.add({ dev: 'lo', address: `${VIP6}/128`, flags: IFA_F_NODAD });
  tell(`addresses ${VIP4} and ${VIP6} on lo in ns2: the virtual ones`);
  addRoutes(lab);
  tell('routes: ns1 and ns2 by way of the host, the virtual networks by way of ns2');
}

/** A device of the host side forwards, and takes packets from wherever they come. */
export function letForward(side: Side, device: string): void {
  side.sysctl.set(`net/ipv4/conf/${device}/forwarding`, 1);
  side.sysctl.set(`net/ipv4/conf/${device}/rp_filter`, 0);
}

/** Without it an IPv6 address cannot be a route's source until a worker of the kernel has run, on lo as well. */
const IFA_F_NODAD = 0x02;

function giveAddresses(side: Side, device: keyof typeof ADDRESSES): void {
  const [v4, v6] = ADDRESSES[device];
  side.rt.addresses.add({ dev: device, address: v4 });
  side.rt.addresses.add({ dev: device, address: v6, flags: IFA_F_NODAD });
  // Without this the link-local address is tentative for a second, and with it neighbour discovery.
  side.sysctl.set(`net/ipv6/conf/${device}/accept_dad`, 0);
  side.rt.links.set(device, { up: true });
}

function addRoutes({ host, ns1, ns2 }: Lab): void {
  const [ve1, ve2, vens2] = [ADDRESSES.ve1, ADDRESSES.ve2, ADDRESSES.vens2].map((pair) => pair.map(bare)) as [
    string[],
    string[],
    string[],
  ];
  for (const gateway of ve1) ns1.rt.routes.add({ dst: 'default', gateway, family: familyOf(gateway) });
  for (const gateway of ve2) ns2.rt.routes.add({ dst: 'default', gateway, family: familyOf(gateway) });
  // What the host itself sends comes from where ns1 is, so that the answers take the tunnel too.
  const networks = [`${VIP4_NET}/24`, `${VIP6_NET}/64`];
  networks.forEach((dst, index) => {
    host.rt.routes.add({ dst, gateway: vens2[index], dev: DEVICES.ve2, prefsrc: ve1[index] });
  });
}

const familyOf = (address: string): number => (address.includes(':') ? 10 : 2);

/** In ns2 the way back to where ns1 is goes through the tunnel. */
export function routeBack({ ns2 }: Lab, withIpv6: boolean): void {
  ns2.rt.routes.add({ dst: CLIENT4_NET, dev: DEVICES.tun2, prefsrc: VIP4 });
  if (withIpv6) ns2.rt.routes.add({ dst: CLIENT6_NET, dev: DEVICES.tun2, prefsrc: VIP6 });
}
