import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Route, RtNetlink } from '../../../src/netlink/index.js';
import { NetNs } from '../../../src/sys/netns.js';
import * as A from '../../../src/uapi/if_addr.js';
import * as R from '../../../src/uapi/rtnetlink.js';
import { AF_INET, AF_INET6 } from '../../../src/uapi/socket.js';
import { run, runJson } from '../../support/command.js';
import { requireFeature } from '../../support/features.js';

/** A pair of links with addresses, up at once: DAD is off, and the carrier is there. */
function setUp(rt: RtNetlink): void {
  rt.links.add({ ifname: 'rt0', kind: 'veth', peer: { ifname: 'rt1' } });
  for (const dev of ['rt0', 'rt1']) rt.links.set(dev, { up: true });
  rt.addresses.add({ dev: 'rt0', address: '10.1.2.3/24' });
  rt.addresses.add({ dev: 'rt0', address: '2001:db8:1::1/64', flags: A.IFA_F_NODAD });
}

const rt = new RtNetlink();
setUp(rt);
const index = rt.links.get('rt0').index;

/** Routes of our own: not those that come with addresses. */
const added = (route: Route): boolean => route.protocol === R.RTPROT_BOOT || route.protocol === R.RTPROT_STATIC;
const ours = (family = AF_INET) => rt.routes.list({ family }).filter(added);
/** Flags that follow the carrier, which the kernel notices in its own time. */
const PASSING: readonly unknown[] = ['linkdown', 'dead'];
const settled = (key: string, value: unknown): unknown =>
  key === 'flags' && Array.isArray(value) ? value.filter((flag) => !PASSING.includes(flag)) : value;
const oracle = (...args: string[]) =>
  JSON.parse(run('ip', '-j', '-d', ...args, 'route', 'show', 'table', 'all') || '[]', settled).filter(
    ({ protocol }: { protocol: string }) => protocol === 'boot' || protocol === 'static',
  );

beforeEach(() => {
  for (const family of [AF_INET, AF_INET6]) for (const route of ours(family)) rt.routes.delete(route);
});

describe('routes.add', () => {
  test('by a gateway, by a device, and the default route', () => {
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.254' });
    rt.routes.add({ dst: '10.21.0.0/16', dev: 'rt0' });
    rt.routes.add({ dst: 'default', gateway: '10.1.2.1', priority: 100 });
    expect(oracle()).toMatchObject([
      { dst: 'default', gateway: '10.1.2.1', dev: 'rt0', metric: 100, scope: 'global' },
      { dst: '10.20.0.0/16', gateway: '10.1.2.254', dev: 'rt0', scope: 'global' },
      { dst: '10.21.0.0/16', dev: 'rt0', scope: 'link' },
    ]);
    expect(ours()).toMatchObject([
      { dst: 'default', dstLen: 0, gateway: '10.1.2.1', oif: index, priority: 100 },
      { dst: '10.20.0.0/16', gateway: '10.1.2.254', scope: R.RT_SCOPE_UNIVERSE },
      { dst: '10.21.0.0/16', oif: index, scope: R.RT_SCOPE_LINK, table: R.RT_TABLE_MAIN },
    ]);
  });

  test('by IPv6: gateway, device, default', () => {
    rt.routes.add({ dst: '2001:db8:20::/48', gateway: '2001:db8:1::fe' });
    rt.routes.add({ dst: '2001:db8:21::/48', dev: 'rt0', priority: 7 });
    rt.routes.add({ dst: 'default', gateway: '2001:db8:1::ff' });
    expect(oracle('-6')).toMatchObject([
      { dst: '2001:db8:20::/48', gateway: '2001:db8:1::fe', dev: 'rt0', metric: 1024 },
      { dst: '2001:db8:21::/48', dev: 'rt0', metric: 7 },
      { dst: 'default', gateway: '2001:db8:1::ff', dev: 'rt0' },
    ]);
    expect(ours(AF_INET6)).toMatchObject([
      { dst: '2001:db8:20::/48', gateway: '2001:db8:1::fe', priority: 1024 },
      { dst: '2001:db8:21::/48', priority: 7 },
      { dst: 'default', gateway: '2001:db8:1::ff' },
    ]);
  });

  test('in a table beyond 255, with metrics, tos, a preferred source and a protocol', () => {
    rt.routes.add({
      dst: '10.40.0.0/16',
      dev: 'rt0',
      table: 100_000,
      tos: 0x10,
      prefsrc: '10.1.2.3',
      protocol: R.RTPROT_STATIC,
      priority: 5,
      metrics: { mtu: 1300, advmss: 1200, hoplimit: 9 },
    });
    expect(oracle()).toMatchObject([
      { dst: '10.40.0.0/16', table: '100000', prefsrc: '10.1.2.3', protocol: 'static', metric: 5, tos: '0x10' },
    ]);
    expect(oracle()[0].metrics[0]).toMatchObject({ mtu: 1300, advmss: 1200, hoplimit: 9 });
    expect(rt.routes.list({ family: AF_INET, table: 100_000 })).toMatchObject([
      { dst: '10.40.0.0/16', table: 100_000, tos: 0x10, metrics: { mtu: 1300, advmss: 1200, hoplimit: 9 } },
    ]);
  });

  test('of other types: blackhole, unreachable, prohibit, throw, local', () => {
    const types = [R.RTN_BLACKHOLE, R.RTN_UNREACHABLE, R.RTN_PROHIBIT, R.RTN_THROW];
    for (const type of types) rt.routes.add({ dst: `10.5${type}.0.0/16`, type });
    expect(oracle().map(({ type }: { type: string }) => type)).toEqual([
      'blackhole',
      'unreachable',
      'prohibit',
      'throw',
    ]);
    expect(rt.routes.list({ family: AF_INET, type: R.RTN_BLACKHOLE })).toMatchObject([{ dst: '10.56.0.0/16' }]);
    rt.routes.add({ dst: '10.66.0.1/32', type: R.RTN_LOCAL, dev: 'lo', table: R.RT_TABLE_LOCAL });
    expect(oracle().find(({ dst }: { dst: string }) => dst === '10.66.0.1')).toMatchObject({
      type: 'local',
      scope: 'host',
    });
  });

  test('by several next hops', () => {
    rt.routes.add({
      dst: '10.30.0.0/16',
      multipath: [
        { gateway: '10.1.2.250', ifindex: index },
        { gateway: '10.1.2.251', hops: 2 },
        { ifindex: rt.links.get('rt1').index, flags: R.RTNH_F_ONLINK, gateway: '10.1.2.252', hops: 255 },
      ],
    });
    expect(oracle()[0].nexthops).toMatchObject([
      { gateway: '10.1.2.250', dev: 'rt0', weight: 1 },
      { gateway: '10.1.2.251', dev: 'rt0', weight: 3 },
      { gateway: '10.1.2.252', dev: 'rt1', weight: 256, flags: ['onlink'] },
    ]);
    expect(ours()[0]!.multipath).toMatchObject([
      { gateway: '10.1.2.250', ifindex: index, hops: 0 },
      { gateway: '10.1.2.251', hops: 2 },
      { gateway: '10.1.2.252', hops: 255 },
    ]);
  });

  test('by several next hops of IPv6, default included', () => {
    const multipath = [
      { gateway: '2001:db8:1::fd', ifindex: index },
      { gateway: '2001:db8:1::fe', ifindex: index, hops: 1 },
    ];
    rt.routes.add({ dst: '2001:db8:30::/48', multipath });
    rt.routes.add({ dst: 'default', multipath });
    for (const route of oracle('-6')) {
      expect(route.nexthops).toMatchObject([
        { gateway: '2001:db8:1::fd', weight: 1 },
        { gateway: '2001:db8:1::fe', weight: 2 },
      ]);
    }
    expect(ours(AF_INET6)).toMatchObject([{ multipath }, { dst: 'default', multipath }]);
  });

  test('by a gateway of the other family', () => {
    rt.routes.add({ dst: '10.60.0.0/16', via: '2001:db8:1::fe', dev: 'rt0' });
    expect(oracle()).toMatchObject([{ dst: '10.60.0.0/16', via: { family: 'inet6', host: '2001:db8:1::fe' } }]);
    expect(ours()).toMatchObject([{ dst: '10.60.0.0/16', via: '2001:db8:1::fe' }]);
  });

  test('by a next hop object', (context) => {
    requireFeature(context, 'nexthop');
    run('ip', 'nexthop', 'add', 'id', '77', 'via', '10.1.2.9', 'dev', 'rt0');
    rt.routes.add({ dst: '10.77.0.0/16', nhId: 77 });
    expect(oracle()).toMatchObject([{ dst: '10.77.0.0/16', nhid: 77, gateway: '10.1.2.9' }]);
    const [read] = ours();
    rt.routes.replace(read!);
    rt.routes.delete(read!);
    rt.routes.add(read!);
    expect(oracle()).toMatchObject([{ dst: '10.77.0.0/16', nhid: 77 }]);
    rt.routes.delete(read!);
    run('ip', 'nexthop', 'del', 'id', '77');
  });

  test('fails with EEXIST, with what the kernel says, and with EncodeError', () => {
    rt.routes.add({ dst: '10.20.0.0/16', dev: 'rt0' });
    expect(() => rt.routes.add({ dst: '10.20.0.0/16', dev: 'rt0' })).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    expect(() => rt.routes.add({ dst: '10.21.0.0/16', gateway: '192.0.2.1' })).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH', kernelMessage: 'Nexthop has invalid gateway' }),
    );
    expect(() => rt.routes.add({ dst: '10.20.0.0/99', dev: 'rt0' })).toThrow(
      'route add 10.20.0.0/99: dst: must have a prefix length from 0 to 32, is "10.20.0.0/99"',
    );
    expect(() => rt.routes.add({ dev: 'rt0' })).toThrow('route add: dst: must be a prefix');
  });
});

describe('routes.replace, change, append, delete', () => {
  test('replace adds, then replaces', () => {
    rt.routes.replace({ dst: '10.20.0.0/16', gateway: '10.1.2.1' });
    rt.routes.replace({ dst: '10.20.0.0/16', gateway: '10.1.2.2' });
    expect(oracle()).toMatchObject([{ dst: '10.20.0.0/16', gateway: '10.1.2.2' }]);
  });

  test('change replaces only what is there', () => {
    expect(() => rt.routes.change({ dst: '10.20.0.0/16', gateway: '10.1.2.1' })).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.1' });
    rt.routes.change({ dst: '10.20.0.0/16', gateway: '10.1.2.2' });
    expect(oracle()).toMatchObject([{ gateway: '10.1.2.2' }]);
  });

  test('append puts a route behind, for IPv6 a next hop beside', () => {
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.1' });
    rt.routes.append({ dst: '10.20.0.0/16', gateway: '10.1.2.2' });
    expect(oracle().map(({ gateway }: { gateway: string }) => gateway)).toEqual(['10.1.2.1', '10.1.2.2']);
    rt.routes.add({ dst: '2001:db8:20::/48', gateway: '2001:db8:1::2' });
    rt.routes.append({ dst: '2001:db8:20::/48', gateway: '2001:db8:1::3' });
    expect(ours(AF_INET6)).toMatchObject([{ multipath: [{ gateway: '2001:db8:1::2' }, { gateway: '2001:db8:1::3' }] }]);
  });

  test('delete takes the first that fits', () => {
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.1', priority: 1 });
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.1', priority: 2 });
    rt.routes.delete({ dst: '10.20.0.0/16', priority: 2 });
    expect(oracle()).toMatchObject([{ metric: 1 }]);
    rt.routes.delete({ dst: '10.20.0.0/16' });
    expect(() => rt.routes.delete({ dst: '10.20.0.0/16' })).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    rt.routes.add({ dst: 'default', gateway: '2001:db8:1::ff' });
    rt.routes.delete({ dst: 'default', family: AF_INET6 });
    expect(ours(AF_INET6)).toEqual([]);
  });
});

describe('routes.get', () => {
  test('answers the route that a packet takes', () => {
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.254' });
    const [theirs] = runJson('ip', '-j', 'route', 'get', '10.20.1.1');
    expect(rt.routes.get('10.20.1.1')).toMatchObject({
      dst: '10.20.1.1/32',
      gateway: theirs.gateway,
      prefsrc: theirs.prefsrc,
      oif: index,
      table: R.RT_TABLE_MAIN,
    });
    expect(rt.routes.get('10.20.1.1', { fibMatch: true }).dst).toBe('10.20.0.0/16');
    expect(rt.routes.get('10.20.1.1', { oif: 'rt0', from: '10.1.2.3', mark: 7, ipProto: 6, dport: 80 }).oif).toBe(
      index,
    );
  });

  test('answers for IPv6, too', () => {
    rt.routes.add({ dst: '2001:db8:20::/48', gateway: '2001:db8:1::fe' });
    expect(rt.routes.get('2001:db8:20::1')).toMatchObject({
      dst: '2001:db8:20::1/128',
      gateway: '2001:db8:1::fe',
      oif: index,
      table: R.RT_TABLE_MAIN,
    });
    expect(rt.routes.get('2001:db8:20::1', { fibMatch: true }).dst).toBe('2001:db8:20::/48');
  });

  test('fails with ENETUNREACH where there is none', () => {
    expect(() => rt.routes.get('192.0.2.99')).toThrow(expect.objectContaining({ code: 'ENETUNREACH' }));
  });
});

describe('routes.list and dump', () => {
  test('agree with ip about every table', () => {
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.254' });
    rt.routes.add({ dst: '10.40.0.0/16', dev: 'rt0', table: 1000 });
    const text = (dst: string, length: number) => (dst === 'default' || dst.includes('/') ? dst : `${dst}/${length}`);
    for (const [option, family, length] of [
      ['-4', AF_INET, 32],
      ['-6', AF_INET6, 128],
    ] as const) {
      const theirs = runJson('ip', option, '-j', '-d', 'route', 'show', 'table', 'all');
      const all = rt.routes.list({ family });
      expect(all.map(({ dst }) => dst)).toEqual(theirs.map(({ dst }: { dst: string }) => text(dst, length)));
      expect(all.map(({ priority }) => priority)).toEqual(theirs.map(({ metric }: { metric?: number }) => metric));
      expect(all.flatMap(({ unknown = [] }) => unknown)).toEqual([]);
      expect([...rt.routes.dump({ family })]).toEqual(all);
    }
    expect(rt.routes.list().length).toBe(
      rt.routes.list({ family: AF_INET }).length + rt.routes.list({ family: AF_INET6 }).length,
    );
  });

  test('filter by device and protocol', () => {
    rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.254', protocol: 99 });
    expect(rt.routes.list({ family: AF_INET, protocol: 99 })).toMatchObject([{ dst: '10.20.0.0/16' }]);
    const oifs = new Set(rt.routes.list({ family: AF_INET, dev: 'rt0' }).map(({ oif }) => oif));
    expect([...oifs]).toEqual([index]);
    rt.routes.delete({ dst: '10.20.0.0/16', protocol: 99 });
  });

  test('a table that is not there is empty', () => {
    expect(rt.routes.list({ table: 4711 })).toEqual([]);
  });

  test('give many routes, in constant memory, while requests are made', () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `route add 10.100.${i >> 8}.${i & 255}/32 dev rt0 table 77`);
    writeFileSync('/run/rt-batch', lines.join('\n'));
    run('ip', '-batch', '/run/rt-batch');
    let seen = 0;
    for (const route of rt.routes.dump({ family: AF_INET, table: 77 })) {
      if (seen++ % 1000 === 0) expect(rt.links.get(route.oif!).ifname).toBe('rt0');
    }
    expect(seen).toBe(5000);
    for (const _ of rt.routes.dump({ family: AF_INET, table: 77 })) break;
    expect(rt.routes.list({ family: AF_INET, table: 77 }).length).toBe(5000);
    run('ip', 'route', 'flush', 'table', '77');
  });
});

test('what list answered makes the same in a fresh place', () => {
  rt.routes.add({ dst: '10.20.0.0/16', gateway: '10.1.2.254', metrics: { mtu: 1300 } });
  rt.routes.add({ dst: 'default', gateway: '10.1.2.1', priority: 100 });
  rt.routes.add({ dst: '10.40.0.0/16', dev: 'rt0', table: 1000, tos: 8 });
  rt.routes.add({ dst: '10.50.0.0/16', type: R.RTN_BLACKHOLE });
  rt.routes.add({ dst: '10.60.0.0/16', via: '2001:db8:1::fe', dev: 'rt0' });
  rt.routes.add({ dst: '10.30.0.0/16', multipath: [{ gateway: '10.1.2.250' }, { gateway: '10.1.2.251', hops: 2 }] });
  rt.routes.add({ dst: '2001:db8:20::/48', gateway: '2001:db8:1::fe', pref: 1 });
  rt.routes.add({
    dst: '2001:db8:30::/48',
    multipath: [
      { gateway: '2001:db8:1::fd', ifindex: index },
      { gateway: '2001:db8:1::fe', ifindex: index, hops: 1 },
    ],
  });
  rt.links.set('rt1', { up: false }); // the routes are LINKDOWN now, which cannot be set
  const read = [...ours(), ...ours(AF_INET6)];
  rt.links.set('rt1', { up: true });
  const original = [...oracle(), ...oracle('-6')];
  using fresh = NetNs.create('rtfresh');
  using inside = new RtNetlink({ netns: fresh });
  setUp(inside);
  // Both namespaces numbered their links alike: what names a device by its index fits.
  expect(inside.links.get('rt0').index).toBe(index);
  for (const route of read) inside.routes.add(route);
  const copies = () => [...oracle('-n', 'rtfresh'), ...oracle('-n', 'rtfresh', '-6')];
  expect(copies()).toEqual(original);
  for (const route of read) inside.routes.replace(route);
  expect(copies()).toEqual(original);
  NetNs.delete('rtfresh');
});
