// Bytes that iproute2 sends and that kernels answer: decoded, compared with what `ip` and `tc` said of them, encoded
// again, compared. Attributes are compared as sets where the order of a table is not that of the capture, and kinds
// without the NUL that iproute2 leaves out; all else is compared byte for byte.
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { address } from '../../src/netlink/address/schema.js';
import { Answer } from '../../src/netlink/framing.js';
import { link } from '../../src/netlink/link/schema.js';
import type { MessageCodec } from '../../src/netlink/message.js';
import { route } from '../../src/netlink/route/schema.js';
import type { Table } from '../../src/netlink/types.js';
import { filter } from '../../src/tc/filter/schema.js';
import { qdisc } from '../../src/tc/qdisc/schema.js';
import { LITTLE_ENDIAN } from '../../src/wire/integers.js';
import { decode, Reader } from '../../src/wire/reader.js';
import type { Fields } from '../../src/wire/struct.js';
import { encode } from '../../src/wire/writer.js';
import { golden, type Nests, type Tree, tree, unflagged } from './golden.js';

interface Family {
  // biome-ignore lint/suspicious/noExplicitAny: any family's message
  readonly codec: MessageCodec<any, any>;
  readonly head: number;
  readonly nests: Nests;
  /** Attributes that supersede a byte of the header, sent by us even where that has room: its offset by their number. */
  readonly superseding: Readonly<Record<number, number>>;
}

function family<F extends Fields, T extends Table>(
  codec: MessageCodec<F, T>,
  head: number,
  nests: Nests,
  superseding: Readonly<Record<number, number>> = {},
): Family {
  return { codec, head, nests, superseding };
}

const linkNests = { '/18': 0, '/18/2': 0, '/18/5': 0, '/43': 0, '/52': 0, '/26': 0, '/26/2': 0, '/26/10': 0 };
const LINK = family(link, 16, linkNests);
const VETH = family(link, 16, { ...linkNests, '/18/2/1': 16 });
const ADDRESS = family(address, 8, {}, { 8: 2 });
const ROUTE = family(route, 12, { '/8': 0 }, { 15: 4 });
const QDISC = family(qdisc, 20, { '/7': 0 });
const FILTER = family(filter, 20, { '/2': 0 });

/**
 * Header and attributes, as sets. Header fields that an attribute supersedes do not count: iproute2 and the kernel fill
 * them in differently.
 */
function normal({ head, nests, superseding }: Family, bytes: Uint8Array) {
  const header = bytes.slice(0, head);
  const attributes = tree(bytes.subarray(head), nests);
  for (const [type] of attributes) if (superseding[type] !== undefined) header[superseding[type]] = 0;
  return { header: Buffer.from(header).toString('hex'), attributes };
}

/** Reported as a byte even where it is off, and sent as a flag where it is on. */
const TTL_INHERIT_OFF: Tree = [28, '00'];

const withoutNul = ([type, payload]: Tree, path = ''): Tree => {
  const here = `${path}/${type & 0x3fff}`;
  if (typeof payload !== 'string') {
    const members = payload[1].filter((inner) => here !== '/18/2' || !isDeepStrictEqual(inner, TTL_INHERIT_OFF));
    return [type, [payload[0], members.map((inner) => withoutNul(inner, here))]];
  }
  return [type, ['/18/1', '/18/4'].includes(here) ? payload.replace(/(00)+$/, '') : payload];
};

/** Decodes a message's body, checks that encoding it gives the same attributes, and answers the value. */
function roundTrip(of: Family, message: Uint8Array, isReply: boolean): object {
  const body = message.subarray(16);
  const value = decode(of.codec, body) as object;
  const theirs = normal(of, body);
  const ours = normal(of, encode(of.codec, value));
  const sent = new Set(theirs.attributes.map(([type]) => type));
  const added = ours.attributes.filter(([type]) => !sent.has(type) && of.superseding[type] !== undefined);
  ours.attributes = ours.attributes.filter((attribute) => !added.includes(attribute));
  const attributes = (trees: readonly Tree[]) => {
    const named = trees.map((one) => withoutNul(one));
    return isReply ? unflagged(named) : named;
  };
  if (added.length === 0) expect(ours.header).toBe(theirs.header);
  else expect(Buffer.from(encode(of.codec, value)).toString('hex', 0, of.head)).toBe(theirs.header);
  expect(attributes(ours.attributes)).toEqual(attributes(theirs.attributes));
  expect(decode(of.codec, encode(of.codec, value))).toEqual(value);
  return value;
}

const request = (of: Family, name: string) => roundTrip(of, golden(name)[0]!, false);
const replies = (of: Family, name: string) => golden(name).map((message) => roundTrip(of, message, true));
const noLinkHead = { family: 0, type: 0, index: 0, flags: 0, change: 0 };

describe.runIf(LITTLE_ENDIAN)('requests of iproute2', () => {
  test('link add: veth', () => {
    const peer = { ...noLinkHead, ifname: 'gold1', mtu: 1400 };
    expect(request(VETH, 'link-add-veth')).toEqual({
      ...noLinkHead,
      ifname: 'gold0',
      mtu: 1400,
      address: '02:00:00:00:00:0a',
      kind: 'veth',
      data: { peer },
    });
  });

  test('link add: bridge, vxlan, dummy', () => {
    expect(request(LINK, 'link-add-bridge')).toEqual({
      ...noLinkHead,
      ifname: 'goldbr',
      kind: 'bridge',
      data: { stpState: 1, forwardDelay: 1000, ageingTime: 30_000, priority: 4096 },
    });
    expect(request(LINK, 'link-add-vxlan')).toMatchObject({
      ifname: 'goldvx',
      kind: 'vxlan',
      data: { id: 42, local: '192.0.2.1', group: '192.0.2.2', port: 4789, ttl: 64, learning: false },
    });
    expect(request(LINK, 'link-add-vxlan-external')).toMatchObject({
      kind: 'vxlan',
      data: { collectMetadata: true, port: 4790 },
    });
    expect(request(LINK, 'link-add-dummy')).toEqual({ ...noLinkHead, ifname: 'golddm', kind: 'dummy' });
  });

  test('link add: ipip and ip6tnl', () => {
    expect(request(LINK, 'link-add-ipip-external')).toMatchObject({ kind: 'ipip', data: { collectMetadata: true } });
    expect(request(LINK, 'link-add-ipip')).toMatchObject({
      ifname: 'gold44',
      data: { local: '192.0.2.1', remote: '192.0.2.2', ttl: 64, pmtudisc: true, proto: 0, encapType: 0 },
    });
    expect(request(LINK, 'link-add-ip6tnl-external')).toMatchObject({
      kind: 'ip6tnl',
      data: { collectMetadata: true },
    });
    expect(request(LINK, 'link-add-ip6tnl')).toMatchObject({
      data: { local: '2001:db8::1', remote: '2001:db8::2', ttl: 64, proto: 41, flags: 1 },
    });
  });

  test('link set', () => {
    expect(request(LINK, 'link-set-master')).toEqual({ ...noLinkHead, index: 3, master: 6 });
    expect(request(LINK, 'link-set-up')).toEqual({ ...noLinkHead, index: 3, flags: 1, change: 1 });
  });

  test('address add', () => {
    expect(request(ADDRESS, 'address-add-v4')).toEqual({
      ...{ family: 2, prefixlen: 24, flags: 0, scope: 0, index: 2 },
      ...{ local: '10.1.2.3', address: '10.1.2.3/24', broadcast: '10.1.2.255' },
    });
    expect(request(ADDRESS, 'address-add-peer')).toMatchObject({ local: '10.9.9.1', address: '10.9.9.2/32' });
    expect(request(ADDRESS, 'address-add-v6')).toMatchObject({
      address: '2001:db8:1::1/64',
      local: '2001:db8:1::1',
      flags: 0x202,
    });
  });

  test('route add', () => {
    const head = { family: 2, srcLen: 0, tos: 0, protocol: 3, scope: 0, type: 1, flags: 0, table: 254 };
    expect(request(ROUTE, 'route-add-v4')).toEqual({ ...head, dstLen: 16, dst: '10.20.0.0/16', gateway: '10.1.2.254' });
    expect(request(ROUTE, 'route-add-default')).toEqual({
      ...head,
      ...{ dstLen: 0, dst: 'default', gateway: '10.1.2.1', oif: 2, priority: 100 },
    });
    expect(request(ROUTE, 'route-add-multipath')).toMatchObject({
      dst: '10.30.0.0/16',
      multipath: [
        { flags: 0, hops: 0, ifindex: 0, gateway: '10.1.2.250' },
        { flags: 0, hops: 2, ifindex: 0, gateway: '10.1.2.251' },
      ],
    });
    expect(request(ROUTE, 'route-add-table')).toMatchObject({
      table: 1000,
      oif: 2,
      metrics: { mtu: 1300 },
      scope: 253,
    });
    expect(request(ROUTE, 'route-add-blackhole')).toMatchObject({ dst: '10.50.0.0/16', type: 6 });
    expect(request(ROUTE, 'route-add-via')).toMatchObject({ dst: '10.60.0.0/16', via: '2001:db8:1::fe', oif: 2 });
    expect(request(ROUTE, 'route-get-request')).toMatchObject({ dst: '10.20.1.1/32', flags: 0x1000 });
  });

  test('route add, IPv6', () => {
    expect(request(ROUTE, 'route-add-v6')).toMatchObject({
      ...{ family: 10, dst: '2001:db8:20::/48', gateway: '2001:db8:1::fe', oif: 2 },
    });
    expect(request(ROUTE, 'route-add-v6-default')).toMatchObject({ dst: '::/0', dstLen: 0, gateway: '2001:db8:1::fe' });
    expect(request(ROUTE, 'route-add-v6-multipath')).toMatchObject({
      multipath: [
        { gateway: '2001:db8:1::fd', hops: 1, ifindex: 2 },
        { gateway: '2001:db8:1::fe', hops: 0, ifindex: 2 },
      ],
    });
  });

  test('qdisc add clsact, filter add bpf', () => {
    expect(request(QDISC, 'qdisc-add-clsact')).toEqual({
      ...{ family: 0, ifindex: 2, handle: 'ffff:', parent: 'clsact', info: 0, kind: 'clsact' },
    });
    expect(request(FILTER, 'filter-add-bpf')).toEqual({
      ...{ family: 0, ifindex: 2, handle: 1, parent: 'ingress', priority: 7, protocol: 3, kind: 'bpf' },
      options: { fd: 9, name: 'guard.o:[tc]', flags: 1 },
    });
  });
});

describe.runIf(LITTLE_ENDIAN)('replies of the kernel', () => {
  test('links: all of a namespace', () => {
    const all = replies(LINK, 'link-list');
    expect(all).toMatchObject([
      { index: 1, ifname: 'lo', mtu: 65_536, type: 772, address: '00:00:00:00:00:00', operstate: 0 },
      { index: 2, ifname: 'gold1', mtu: 1400, link: 3, kind: 'veth', ifalias: 'a port', operstate: 6 },
      { index: 3, ifname: 'gold0', link: 2, address: '02:00:00:00:00:0a' },
      { ifname: 'goldvx', kind: 'vxlan', data: { id: 42, learning: false, ttl: 64, ttlInherit: false } },
      { ifname: 'goldve', kind: 'vxlan', data: { collectMetadata: true, port: 4790 } },
    ]);
    expect(all[1]).toMatchObject({ propList: { altIfname: ['a-name-of-more-than-fifteen-bytes'] } });
    expect((all[0] as { stats64: object }).stats64).toMatchObject({ rxPackets: 0n, rxOtherhostDropped: 0n });
    expect(all.flatMap((one) => (one as { unknown?: unknown[] }).unknown ?? [])).toEqual([]);
  });

  test('links: bridge, bridge port, vxlan', () => {
    expect(replies(LINK, 'link-bridge')).toMatchObject([
      {
        kind: 'bridge',
        data: {
          ...{ forwardDelay: 1000, helloTime: 200, maxAge: 2000, ageingTime: 30_000, stpState: 1, priority: 4096 },
          ...{ vlanFiltering: false, mcastSnooping: true, mcastQueryIntvl: 12_500n, mcastHashMax: 4096 },
          bridgeId: { priority: 4096, address: '6e:21:4d:24:a2:cd' },
          groupAddr: '01:80:c2:00:00:00',
        },
      },
    ]);
    expect(replies(LINK, 'link-bridge-port')).toMatchObject([
      {
        ...{ kind: 'veth', master: 6, slaveKind: 'bridge' },
        slaveData: { state: 0, priority: 32, cost: 2, learning: true, id: 0x8001, no: 1, multicastRouter: 1 },
      },
    ]);
    expect(replies(LINK, 'link-vxlan')).toMatchObject([
      {
        data: {
          id: 42,
          local: '192.0.2.1',
          group: '192.0.2.2',
          port: 4789,
          ageing: 300,
          portRange: { low: 0, high: 0 },
        },
      },
    ]);
  });

  test('links: ipip, ip6tnl and dummy of Linux 6.1', () => {
    expect(replies(LINK, 'link-ipip')).toMatchObject([
      {
        ...{ type: 768, kind: 'ipip', address: '192.0.2.1', broadcast: '192.0.2.2' },
        data: { local: '192.0.2.1', remote: '192.0.2.2', ttl: 64, proto: 0, pmtudisc: true },
      },
    ]);
    expect((replies(LINK, 'link-ipip')[0] as { data: object }).data).not.toHaveProperty('collectMetadata');
    expect(replies(LINK, 'link-ipip-external')).toMatchObject([{ kind: 'ipip', data: { collectMetadata: true } }]);
    expect(replies(LINK, 'link-ip6tnl')).toMatchObject([
      {
        ...{ type: 769, kind: 'ip6tnl', address: '2001:db8::1' },
        data: { local: '2001:db8::1', remote: '2001:db8::2', ttl: 64, proto: 41, flowinfo: 0 },
      },
    ]);
    expect(replies(LINK, 'link-ip6tnl-external')).toMatchObject([{ kind: 'ip6tnl', data: { collectMetadata: true } }]);
    expect(replies(LINK, 'link-dummy')).toMatchObject([{ kind: 'dummy', ifname: 'golddm', mtu: 1500 }]);
  });

  test('addresses', () => {
    const forEver = 0xffffffff;
    expect(replies(ADDRESS, 'address-list')).toMatchObject([
      { address: '127.0.0.1/8', local: '127.0.0.1', label: 'lo', scope: 254, flags: 0x80 },
      { address: '10.1.2.3/24', broadcast: '10.1.2.255', label: 'gold1', cacheinfo: { valid: forEver } },
      { address: '10.9.9.2/32', local: '10.9.9.1' },
      { address: '10.1.2.4/24', flags: 0x201 },
      { address: '::1/128', family: 10 },
      { address: '2001:db8:1::1/64', flags: 0x282 },
      { address: expect.stringMatching(/^fe80::.*\/64$/) },
      { address: expect.stringMatching(/^fe80::.*\/64$/) },
    ]);
  });

  test('routes', () => {
    const all = replies(ROUTE, 'route-list') as { dst: string }[];
    const one = (dst: string) => all.find((candidate) => candidate.dst === dst);
    expect(all.length).toBe(26);
    expect(one('10.40.0.0/16')).toMatchObject({ table: 1000, oif: 2, metrics: { mtu: 1300 }, scope: 253 });
    expect(one('default')).toMatchObject({ gateway: '10.1.2.1', priority: 100, table: 254, dstLen: 0 });
    expect(one('10.30.0.0/16')).toMatchObject({
      multipath: [
        { gateway: '10.1.2.250', hops: 0, ifindex: 2 },
        { gateway: '10.1.2.251', hops: 2, ifindex: 2 },
      ],
    });
    expect(one('10.50.0.0/16')).toMatchObject({ type: 6 });
    expect(one('10.60.0.0/16')).toMatchObject({ via: '2001:db8:1::fe' });
    expect(one('2001:db8:20::/48')).toMatchObject({ family: 10, gateway: '2001:db8:1::fe', priority: 1024, pref: 0 });
    expect(one('2001:db8:30::/48')).toMatchObject({ multipath: [{ hops: 1 }, { hops: 0 }] });
    expect(replies(ROUTE, 'route-get')).toMatchObject([
      { dst: '10.20.1.1/32', gateway: '10.1.2.254', prefsrc: '10.1.2.3', oif: 2, uid: 0 },
    ]);
  });

  test('qdiscs and filters', () => {
    expect(replies(QDISC, 'qdisc-list')).toMatchObject([
      { kind: 'noqueue', parent: 'root', handle: 'none' },
      { kind: 'noqueue' },
      { kind: 'clsact', handle: 'ffff:', parent: 'clsact', stats2: { basic: { bytes: 0n, packets: 0 } } },
      { kind: 'noqueue' },
    ]);
    expect(replies(FILTER, 'filter-list')).toMatchObject([
      { kind: 'bpf', handle: 0, priority: 7, protocol: 3, chain: 0 },
      {
        ...{ kind: 'bpf', handle: 1, parent: 'ingress' },
        options: { name: 'guard.o:[tc]', flags: 1, flagsGen: 8, id: 1047, tag: 'b856148e2dae8801' },
      },
    ]);
  });

  test('an extended acknowledgement', () => {
    const [bytes] = golden('ext-ack');
    const sequence = new DataView(bytes!.buffer).getUint32(8, true);
    const request = { operation: 'address add', type: 20, flags: 0, codec: address, message: {} };
    const answer = new Answer({
      requestOf: (number) => (number === sequence ? request : undefined),
      isLast: () => true,
    });
    answer.read(new Reader(bytes!), bytes!.length);
    expect(answer.done).toBe(true);
    expect(answer.verdicts).toEqual([{ sequence, errno: -17, ack: { msg: 'ipv4: Address already assigned' } }]);
  });
});
