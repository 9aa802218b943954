import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Built, build } from '../../../demo/src/lab/build.js';
import { enterOwnMounts } from '../../../demo/src/lab/mounts.js';
import { redirectDevice } from '../../../demo/src/lab/programs.js';
import { newState, removeState } from '../../../demo/src/lab/state.js';
import { Output } from '../../../demo/src/report/output.js';
import { PIN_DIRECTORY } from '../../../demo/src/topology.js';
import { Undo } from '../../../demo/src/undo.js';
import { BpfMap } from '../../../src/bpf/map/map.js';
import { BpfProgram } from '../../../src/bpf/program/program.js';
import type { Address, Link, Route } from '../../../src/netlink/index.js';
import { RtNetlink } from '../../../src/netlink/rtnetlink.js';
import type { Filter } from '../../../src/tc/filter/schema.js';
import { parseHandle } from '../../../src/tc/handle.js';
import type { Qdisc } from '../../../src/tc/qdisc/schema.js';
import { TrafficControl } from '../../../src/tc/traffic-control.js';
import * as I from '../../../src/uapi/if.js';
import { TCA_BPF_FLAG_ACT_DIRECT } from '../../../src/uapi/pkt_cls.js';
import { AF_INET, AF_INET6 } from '../../../src/uapi/socket.js';
import { runJson } from '../../support/command.js';
import { requireFeature } from '../../support/features.js';

// For the demo's topology, lists and dumps agree with ip, tc and bpftool, field by field, in each namespace.

const SIDES = ['host', 'ns1', 'ns2'] as const;
type SideName = (typeof SIDES)[number];
const kase = { tunnel: 'ip6tnl', direction: 'ingress' } as const;

const directory = process.cwd();
const undo = new Undo();
let built: Built;

beforeAll(async () => {
  const state = newState();
  enterOwnMounts(state, undo);
  built = build(kase, { host: false, datapath: 'auto' }, 0x6f72616c, state, undo, new Output(true));
  const { lab, programs, redirect } = built;
  programs.attach(lab.host, redirectDevice(kase), kase.direction, 1, redirect, `redirect_${kase.tunnel}`);
  // The kernel tells of carriers, and makes link-local addresses, in its own time.
  const unsettled = (): number => {
    const links = SIDES.flatMap((side) => runJson('ip', '-n', side, '-j', 'link') as { flags: string[] }[]);
    const addresses = SIDES.flatMap(
      (side) => runJson('ip', '-n', side, '-j', 'address', 'show', 'tentative') as Shown[],
    );
    const filled = addresses.filter(({ addr_info }) => (addr_info as unknown[] | undefined)?.length);
    return links.filter(({ flags }) => flags.includes('NO-CARRIER')).length + filled.length;
  };
  await vi.waitUntil(() => unsettled() === 0, { timeout: 9_000 });
});

afterAll(() => {
  const failures = undo.run();
  removeState();
  process.chdir(directory);
  expect(failures).toEqual([]);
});

/** A table of ours beside what the tool prints, in the same order of keys. */
type Shown = Readonly<Record<string, unknown>>;
const withoutUndefined = (value: Shown): Shown =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
const sorted = (all: readonly Shown[]): string[] =>
  all.map((one) => JSON.stringify(Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))))).sort();

function on<T>(name: SideName, look: (rt: RtNetlink, tc: TrafficControl) => T): T {
  using rt = new RtNetlink({ netns: built.lab[name].netns });
  return look(rt, new TrafficControl(rt));
}

function namesOf(links: readonly Link[]): (index: number | undefined) => string | undefined {
  const names = new Map(links.map(({ index, ifname }) => [index, ifname]));
  return (index) => (index === undefined ? undefined : names.get(index));
}

/* ---- ip link ---- */

/** In the order in which ip prints them. */
const FLAGS = [
  ['LOOPBACK', I.IFF_LOOPBACK],
  ['BROADCAST', I.IFF_BROADCAST],
  ['POINTOPOINT', I.IFF_POINTOPOINT],
  ['MULTICAST', I.IFF_MULTICAST],
  ['NOARP', I.IFF_NOARP],
  ['ALLMULTI', I.IFF_ALLMULTI],
  ['PROMISC', I.IFF_PROMISC],
  ['UP', I.IFF_UP],
  ['LOWER_UP', I.IFF_LOWER_UP],
] as const;
const OPERSTATE = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];
const LINK_TYPES: Readonly<Record<number, string>> = { 1: 'ether', 768: 'ipip', 769: 'tunnel6', 772: 'loopback' };
const ADDR_GEN_MODES = ['eui64', 'none', 'stable_secret', 'random'];

function asIpLink(link: Link, nameOf: (index: number | undefined) => string | undefined): Shown {
  const elsewhere = link.linkNetnsid !== undefined;
  const genMode = (link.afSpec as { inet6?: { addrGenMode?: number } } | undefined)?.inet6?.addrGenMode;
  return withoutUndefined({
    ifindex: link.index,
    ifname: link.ifname,
    link: elsewhere ? undefined : link.link === 0 ? null : nameOf(link.link),
    link_index: elsewhere ? link.link : undefined,
    link_netnsid: link.linkNetnsid,
    flags: FLAGS.filter(([, bit]) => link.flags & bit).map(([name]) => name),
    mtu: link.mtu,
    qdisc: link.qdisc,
    operstate: OPERSTATE[link.operstate!],
    linkmode: link.linkmode === 0 ? 'DEFAULT' : link.linkmode,
    group: link.group === 0 ? 'default' : String(link.group),
    txqlen: link.txqlen,
    link_type: LINK_TYPES[link.type],
    address: link.address,
    broadcast: link.broadcast,
    link_pointtopoint: link.flags & I.IFF_POINTOPOINT && link.broadcast !== undefined ? true : undefined,
    permaddr: link.permAddress === link.address ? undefined : link.permAddress,
    promiscuity: link.promiscuity,
    allmulti: link.allmulti,
    min_mtu: link.minMtu,
    max_mtu: link.maxMtu,
    info_kind: link.kind,
    inet6_addr_gen_mode: genMode === undefined ? undefined : ADDR_GEN_MODES[genMode],
    num_tx_queues: link.numTxQueues,
    num_rx_queues: link.numRxQueues,
    gso_max_size: link.gsoMaxSize,
    gso_max_segs: link.gsoMaxSegs,
    tso_max_size: link.tsoMaxSize,
    tso_max_segs: link.tsoMaxSegs,
    gro_max_size: link.groMaxSize,
  });
}

describe.each(SIDES)('in %s', (side) => {
  test('links are those of `ip -d link`', () => {
    const ours = on(side, (rt) => rt.links.list());
    const theirs = (runJson('ip', '-n', side, '-j', '-d', 'link') as Shown[]).map(({ linkinfo, ...rest }) =>
      withoutUndefined({ ...rest, info_kind: (linkinfo as Shown | undefined)?.['info_kind'] }),
    );
    expect(ours.map((link) => asIpLink(link, namesOf(ours)))).toEqual(theirs);
    expect(theirs.length).toBeGreaterThanOrEqual(2);
  });

  test('tunnels have the settings that `ip -d link` shows', (context) => {
    requireFeature(context, 'ip6tnl');
    expect(built.datapath).toBe('driver');
    const theirs = runJson('ip', '-n', side, '-j', '-d', 'link') as {
      ifname: string;
      linkinfo?: { info_data?: Shown };
    }[];
    for (const { ifname, linkinfo } of theirs.filter(({ ifname }) => /^tun[12]$/.test(ifname))) {
      const { data } = on(side, (rt) => rt.links.get(ifname)) as { data?: Shown };
      expect(data?.['collectMetadata'] ?? false).toBe(linkinfo?.info_data?.['external'] ?? false);
      if (data?.['collectMetadata']) continue;
      expect([data?.['local'], data?.['remote'], data?.['ttl']]).toEqual(
        ['local', 'remote', 'ttl'].map((name) => linkinfo?.info_data?.[name]),
      );
    }
  });

  test('addresses are those of `ip -d address`', () => {
    const ours = on(side, (rt) => rt.addresses.list());
    const theirs = (
      runJson('ip', '-n', side, '-j', '-d', 'address') as { ifindex: number; addr_info: Shown[] }[]
    ).flatMap(({ ifindex, addr_info }) => addr_info.map((info) => ({ ifindex, ...info })));
    expect(sorted(ours.map(asIpAddress))).toEqual(sorted(theirs));
    expect(theirs.length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ['IPv4', '-4', AF_INET],
    ['IPv6', '-6', AF_INET6],
  ])('%s routes of all tables are those of `ip -d route`', (_, option, family) => {
    const links = on(side, (rt) => rt.links.list());
    const ours = on(side, (rt) => rt.routes.list({ family }));
    const theirs = runJson('ip', '-n', side, '-j', '-d', option, 'route', 'show', 'table', 'all') as Shown[];
    expect(sorted(ours.map((route) => asIpRoute(route, namesOf(links))))).toEqual(sorted(theirs));
    expect(theirs.length).toBeGreaterThanOrEqual(3);
  });

  test('qdiscs are those of `tc -d qdisc`', () => {
    const links = on(side, (rt) => rt.links.list());
    const ours = on(side, (_, tc) => tc.qdiscs.list());
    const theirs = (runJson('tc', '-n', side, '-j', '-d', 'qdisc') as Shown[]).map(({ options: _, ...rest }) => rest);
    expect(ours.map((qdisc) => asTcQdisc(qdisc, namesOf(links)))).toEqual(theirs);
  });

  test('filters are those of `tc -d filter`, and their programs those of bpftool', () => {
    const devices = on(side, (rt) => rt.links.list()).map(({ ifname }) => ifname!);
    let count = 0;
    for (const dev of devices) {
      for (const parent of ['ingress', 'egress'] as const) {
        const ours = on(side, (_, tc) => tc.filters.list({ dev, parent }));
        const theirs = (runJson('tc', '-n', side, '-j', '-d', 'filter', 'show', 'dev', dev, parent) as Shown[]).filter(
          ({ options }) => options !== undefined,
        );
        expect(ours.map(asTcFilter)).toEqual(theirs.map(withoutProgramDetails));
        for (const filter of ours) expectProgram(filter);
        count += ours.length;
      }
    }
    expect(count).toBeGreaterThanOrEqual(side === 'ns1' ? 0 : 1);
  });
});

/* ---- ip address ---- */

const SCOPES: Readonly<Record<number, string>> = { 0: 'global', 253: 'link', 254: 'host', 255: 'nowhere' };
const ADDRESS_FLAGS = [
  ['secondary', 0x01, AF_INET],
  ['nodad', 0x02, AF_INET6],
  ['tentative', 0x40, AF_INET6],
] as const;

function asIpAddress({
  index,
  family,
  local,
  address,
  prefixlen,
  scope,
  label,
  broadcast,
  flags,
  cacheinfo,
}: Address): Shown {
  const bare = address?.split('/')[0];
  const set = ADDRESS_FLAGS.filter(([, bit, of]) => (flags! & bit) !== 0 && of === family).map(([name]) => [
    name,
    true,
  ]);
  return withoutUndefined({
    ifindex: index,
    family: family === AF_INET ? 'inet' : 'inet6',
    local: local ?? bare,
    address: local === undefined || local === bare ? undefined : bare,
    prefixlen,
    broadcast,
    scope: SCOPES[scope],
    label,
    ...Object.fromEntries(set),
    valid_life_time: cacheinfo?.valid,
    preferred_life_time: cacheinfo?.prefered,
  });
}

/* ---- ip route ---- */

const ROUTE_TYPES = ['unspec', 'unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable'];
const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };
const PROTOCOLS = ['unspec', 'redirect', 'kernel', 'boot', 'static'];
const PREFERENCES: Readonly<Record<number, string>> = { 0: 'medium', 1: 'high', 3: 'low' };

function asIpRoute(route: Route, nameOf: (index: number | undefined) => string | undefined): Shown {
  const full = route.family === AF_INET ? '/32' : '/128';
  return withoutUndefined({
    type: ROUTE_TYPES[route.type],
    dst: route.dst?.endsWith(full) ? route.dst.slice(0, -full.length) : route.dst,
    gateway: route.gateway,
    dev: nameOf(route.oif),
    table: TABLES[route.table!],
    protocol: PROTOCOLS[route.protocol],
    scope: SCOPES[route.scope],
    prefsrc: route.prefsrc,
    metric: route.priority,
    flags: route.flags === 0 ? [] : [route.flags],
    pref: route.pref === undefined ? undefined : PREFERENCES[route.pref],
  });
}

/* ---- tc ---- */

function asTcQdisc(
  { kind, handle, parent, ifindex, info }: Qdisc,
  nameOf: (index: number) => string | undefined,
): Shown {
  const isRoot = parent === 'root';
  return withoutUndefined({
    kind,
    handle: handle === 'none' ? '0:' : handle,
    dev: nameOf(ifindex),
    root: isRoot ? true : undefined,
    // tc has no name for the place of clsact: `ffff:fff1`.
    parent: isRoot ? undefined : numeric(parent),
    refcnt: info === 1 ? undefined : info,
  });
}

function numeric(handle: string): string {
  const number = parseHandle(handle);
  return `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
}

interface BpfOptions {
  readonly name?: string;
  readonly flags?: number;
  readonly id?: number;
  readonly tag?: string;
}

function asTcFilter({ protocol, priority, kind, chain, handle, options }: Filter): Shown {
  const { name, flags = 0, id, tag } = options as BpfOptions;
  return {
    protocol: protocol === 3 ? 'all' : protocol,
    pref: priority,
    kind,
    chain,
    handle: `0x${handle.toString(16)}`,
    name,
    directAction: (flags & TCA_BPF_FLAG_ACT_DIRECT) !== 0,
    program: { id, tag },
  };
}

function withoutProgramDetails({ protocol, pref, kind, chain, options }: Shown): Shown {
  const { handle, bpf_name, prog, ...rest } = options as Shown & { prog: Shown };
  const program = { id: prog['id'], tag: prog['tag'] };
  return { protocol, pref, kind, chain, handle, name: bpf_name, directAction: rest['direct-action'] ?? false, program };
}

function expectProgram({ options }: Filter): void {
  const { id } = options as BpfOptions;
  using program = BpfProgram.fromId(id!);
  const { name, typeName, tag, loadedAt, uid, mapIds, btfId, xlatedSize, jitedSize } = program.info();
  const shown = runJson('bpftool', '-j', 'prog', 'show', 'id', String(id));
  expect(shown).toMatchObject({ name, type: typeName, tag, uid, btf_id: btfId, bytes_xlated: xlatedSize });
  expect(shown.map_ids ?? []).toEqual(mapIds);
  expect(shown.bytes_jited ?? 0).toBe(jitedSize);
  expect(Math.abs(shown.loaded_at - loadedAt.getTime() / 1000)).toBeLessThan(2);
}

/* ---- bpftool map ---- */

const bytesOf = (hex: readonly string[]): Uint8Array => Uint8Array.from(hex, Number);

describe('maps', () => {
  test('the pinned map is what `bpftool map` shows and dumps', () => {
    const path = `${PIN_DIRECTORY}/tun_iface`;
    using map = BpfMap.open(path);
    const { id, name, typeName, flags, keySize, valueSize, maxEntries, memlock } = map.info();
    expect(runJson('bpftool', '-j', 'map', 'show', 'pinned', path)).toMatchObject({
      ...{ id, name, type: typeName, flags, bytes_memlock: memlock },
      ...{ bytes_key: keySize, bytes_value: valueSize, max_entries: maxEntries },
    });
    const dump = runJson('bpftool', '-j', 'map', 'dump', 'pinned', path) as { key: string[]; value: string[] }[];
    expect([...map]).toEqual(dump.map(({ key, value }) => [bytesOf(key), bytesOf(value)]));
    const [tun1] = runJson('ip', '-n', 'host', '-j', 'link', 'show', 'tun1') as { ifindex: number }[];
    expect(dump).toHaveLength(1);
    expect(new Uint32Array(bytesOf(dump[0]!.value).buffer)[0]).toBe(tun1!.ifindex); // host byte order
    expect(built.tunIface).toBe(tun1!.ifindex);
  });

  test('the others are, too', () => {
    const ids = new Set(
      [built.guard, built.redirect].flatMap((o) => [...o.programs.values()].flatMap((p) => p.info().mapIds)),
    );
    expect(ids.size).toBeGreaterThanOrEqual(3);
    for (const id of ids) {
      using map = BpfMap.fromId(id);
      const dump = runJson('bpftool', '-j', 'map', 'dump', 'id', String(id)) as { key: string[]; value: string[] }[];
      expect([...map]).toEqual(dump.map(({ key, value }) => [bytesOf(key), bytesOf(value)]));
    }
  });
});
