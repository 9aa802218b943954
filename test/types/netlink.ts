// Compile-time tests: this file has no run-time content. Every @ts-expect-error must be an error.
import type {
  Address,
  AddressSettings,
  Async,
  Link,
  LinkSettings,
  Route,
  RouteSettings,
  RtNetlink,
  Sync,
  UnknownAttribute,
} from '../../src/netlink/index.js';
import type { Operation, Stream } from '../../src/netlink/request.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const assertTrue = <T extends true>(): T | undefined => undefined;

// 1. what is read: header fields are required, attributes optional, all readonly
assertTrue<Equal<Route['oif'], number | undefined>>();
assertTrue<Equal<Route['dstLen'], number>>();
assertTrue<Equal<Route['unknown'], readonly UnknownAttribute[] | undefined>>();
assertTrue<Equal<Link['index'], number>>();
assertTrue<Equal<Link['ifname'], string | undefined>>();
assertTrue<Equal<NonNullable<Link['stats64']>['rxPackets'], bigint>>();
assertTrue<Equal<Address['address'], string | undefined>>();
assertTrue<Equal<NonNullable<Route['multipath']>[number]['gateway'], string | undefined>>();
declare const route: Route;
// @ts-expect-error readonly
route.oif = 3;
declare const other: Route;
// @ts-expect-error optional
const oif: number = other.oif;
// @ts-expect-error no such attribute
route.ooif;

// 2. a kind narrows to its data
declare const link: Link;
if (link.kind === 'vxlan') {
  assertTrue<Equal<NonNullable<typeof link.data>['group'], string | undefined>>();
  assertTrue<Equal<NonNullable<typeof link.data>['learning'], boolean | undefined>>();
  // @ts-expect-error of a bridge
  link.data?.ageingTime;
}
if (link.kind === 'bridge') {
  assertTrue<Equal<NonNullable<typeof link.data>['mcastQuerierIntvl'], bigint | undefined>>();
  assertTrue<Equal<NonNullable<NonNullable<typeof link.data>['bridgeId']>['address'], string>>();
}
if (link.kind === 'dummy') assertTrue<Equal<typeof link.data, undefined>>();
if (link.slaveKind === 'bridge') {
  assertTrue<Equal<NonNullable<typeof link.slaveData>['learning'], boolean | undefined>>();
}
switch (link.kind) {
  case 'ipip':
    assertTrue<Equal<NonNullable<typeof link.data>['collectMetadata'], true | undefined>>();
    break;
  case 'ip6tnl':
    assertTrue<Equal<NonNullable<typeof link.data>['flowinfo'], number | undefined>>();
    break;
}

// 3. settings: everything may be left out or undefined, names and values are checked
export const veth: LinkSettings = { ifname: 'a', kind: 'veth', peer: { ifname: 'b', up: true }, up: undefined };
export const tunnel: LinkSettings = { ifname: 't', kind: 'ipip', data: { collectMetadata: true } };
export const custom: LinkSettings = {
  ifname: 'm',
  kind: 'mydriver',
  linkinfo: { unknown: [{ type: 2, value: new Uint8Array() }] },
};
export const port: LinkSettings = { master: null, link: 'eth0' };
// @ts-expect-error vxlan has no such setting
export const bad1: LinkSettings = { kind: 'vxlan', data: { collectMetadat: true } };
// @ts-expect-error a number
export const bad2: LinkSettings = { mtu: '1500' };
// @ts-expect-error misspelt
export const bad3: RouteSettings = { dst: 'default', gatway: '10.0.0.1' };
// @ts-expect-error data of a kind without a schema goes to `linkinfo.unknown`
export const bad4: LinkSettings = { kind: 'dummy', data: { id: 5 } };
// @ts-expect-error an address is needed
export const bad5: AddressSettings = { dev: 'eth0' };
// @ts-expect-error a handle or a process id
export const bad6: LinkSettings = { netns: 'ns1' };

// 4. what was read can be given back, without a cast
export const linkAgain: LinkSettings = link;
export const linkChanged: LinkSettings = { ...link, mtu: 1400 };
export const routeAgain: RouteSettings = route;
declare const address: Address & { address: string };
export const addressAgain: AddressSettings = address;

// 5. methods: at once, and as promises with one more argument
declare const rt: RtNetlink;
assertTrue<Equal<ReturnType<typeof rt.links.get>, Link>>();
assertTrue<Equal<ReturnType<typeof rt.links.list>, readonly Link[]>>();
assertTrue<Equal<ReturnType<typeof rt.links.dump>, Generator<Link, void, undefined>>>();
assertTrue<Equal<ReturnType<typeof rt.links.add>, void>>();
assertTrue<Equal<ReturnType<typeof rt.addresses.get>, Address | undefined>>();
assertTrue<Equal<ReturnType<typeof rt.async.links.get>, Promise<Link>>>();
assertTrue<Equal<ReturnType<typeof rt.async.routes.dump>, AsyncGenerator<Route, void, undefined>>>();
declare const signal: AbortSignal;
void rt.async.links.delete('a', { signal });
void rt.async.links.delete('a');
void rt.async.links.list(undefined, { signal });
void rt.async.routes.get('10.0.0.1', { oif: 3 }, { signal });
// @ts-expect-error the synchronous form cannot be aborted
rt.links.delete('a', { signal });
// @ts-expect-error a device
rt.links.get();
// @ts-expect-error a name or an index
rt.links.get({ ifname: 'a' });

interface Own {
  readonly read: (name: string, most?: number) => Operation<bigint>;
  readonly all: () => Stream<string>;
}
assertTrue<Equal<Parameters<Sync<{ read: Own['read'] }>['read']>, [name: string, most?: number | undefined]>>();
assertTrue<Equal<ReturnType<Async<{ all: Own['all'] }>['all']>, AsyncGenerator<string, void, undefined>>>();

export { oif };
