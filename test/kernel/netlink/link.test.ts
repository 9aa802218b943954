import { readlinkSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type Link, type LinkSettings, NetlinkError, RtNetlink } from '../../../src/netlink/index.js';
import { NetNs } from '../../../src/sys/netns.js';
import { IFF_UP } from '../../../src/uapi/if.js';
import { RTEXT_FILTER_SKIP_STATS } from '../../../src/uapi/rtnetlink.js';
import { run, runJson } from '../../support/command.js';
import { isFallback, lacking, requireFeature } from '../../support/features.js';

const rt = new RtNetlink();
/** What `ip -j -d link` says of one link. */
const oracle = (name: string) => runJson('ip', '-j', '-d', 'link', 'show', 'dev', name)[0];
const names = (): string[] =>
  runJson('ip', '-j', 'link')
    .map(({ ifname }: { ifname: string }) => ifname)
    .filter((name: string) => !isFallback(name));
const real = (all: readonly Link[]) => all.filter(({ ifname }) => !isFallback(ifname)).map(({ ifname }) => ifname);

afterEach(() => {
  let left: string | undefined;
  while ((left = names().find((name) => name !== 'lo'))) {
    try {
      run('ip', 'link', 'del', 'dev', left);
    } catch (error) {
      // Half of a pair goes by itself, some time after the namespace of the other half is closed.
      if (!`${error}`.includes('Cannot find device')) throw error;
    }
  }
});

function veth(name = 'lt0', peer = 'lt1', settings: object = {}): void {
  rt.links.add({ ifname: name, kind: 'veth', peer: { ifname: peer }, ...settings });
}

describe('links.add', () => {
  test('makes a veth pair, with settings for both halves', () => {
    rt.links.add({
      ifname: 'lt0',
      kind: 'veth',
      mtu: 1400,
      txqlen: 500,
      address: '02:00:00:00:00:0a',
      numTxQueues: 3,
      numRxQueues: 2,
      group: 42,
      peer: { ifname: 'lt1', mtu: 1300, address: '02:00:00:00:00:0b', txqlen: 77 },
    });
    expect(oracle('lt0')).toMatchObject({
      mtu: 1400,
      txqlen: 500,
      address: '02:00:00:00:00:0a',
      num_tx_queues: 3,
      num_rx_queues: 2,
      group: '42',
      link: 'lt1',
      linkinfo: { info_kind: 'veth' },
    });
    expect(oracle('lt1')).toMatchObject({ mtu: 1300, address: '02:00:00:00:00:0b', txqlen: 77, link: 'lt0' });
  });

  test('makes a bridge with its settings', (context) => {
    requireFeature(context, 'bridge');
    rt.links.add({
      ifname: 'ltbr',
      kind: 'bridge',
      up: true,
      data: { forwardDelay: 1000, helloTime: 300, maxAge: 2500, ageingTime: 12_300, stpState: 1, priority: 4096 },
    });
    expect(oracle('ltbr').linkinfo).toMatchObject({
      info_kind: 'bridge',
      info_data: {
        forward_delay: 1000,
        hello_time: 300,
        max_age: 2500,
        ageing_time: 12_300,
        stp_state: 1,
        priority: 4096,
      },
    });
    const { data } = rt.links.get('ltbr') as { data: { bridgeId: object } };
    expect(data).toMatchObject({ forwardDelay: 1000, ageingTime: 12_300, stpState: 1, priority: 4096 });
    const [priority, address] = oracle('ltbr').linkinfo.info_data.bridge_id.split('.');
    const octets = address.split(':').map((octet: string) => octet.padStart(2, '0'));
    expect(data.bridgeId).toEqual({ priority: Number.parseInt(priority, 16), address: octets.join(':') });
  });

  test('makes a vxlan device, and reads back what ip reads', (context) => {
    requireFeature(context, 'vxlan');
    rt.links.add({
      ifname: 'ltvx',
      kind: 'vxlan',
      data: { id: 42, group: '192.0.2.2', local: '192.0.2.1', port: 4789, ttl: 64, learning: false, ageing: 100 },
    });
    expect(oracle('ltvx').linkinfo.info_data).toMatchObject({
      id: 42,
      remote: '192.0.2.2',
      local: '192.0.2.1',
      port: 4789,
      ttl: 64,
      learning: false,
      ageing: 100,
    });
    const link = rt.links.get('ltvx');
    expect(link.kind).toBe('vxlan');
    expect(link.data).toMatchObject({
      id: 42,
      group: '192.0.2.2',
      port: 4789,
      ttl: 64,
      learning: false,
      udpCsum: true,
    });
    expect(link.data).toMatchObject({ ttlInherit: false });
  });

  test('makes a vxlan device over IPv6, one that inherits its TTL, and one for metadata', (context) => {
    requireFeature(context, 'vxlan');
    rt.links.add({
      ifname: 'ltv6',
      kind: 'vxlan',
      data: { id: 1, group6: '2001:db8::2', local6: '2001:db8::1', port: 4790 },
    });
    expect(oracle('ltv6').linkinfo.info_data).toMatchObject({ remote6: '2001:db8::2', local6: '2001:db8::1' });
    rt.links.add({ ifname: 'ltvi', kind: 'vxlan', data: { id: 2, port: 4791, ttlInherit: true } });
    expect(rt.links.get('ltvi').data).toMatchObject({ ttlInherit: true });
    rt.links.add({ ifname: 'ltvm', kind: 'vxlan', data: { collectMetadata: true, port: 4792 } });
    expect(oracle('ltvm').linkinfo.info_data).toMatchObject({ external: true });
    expect(rt.links.get('ltvm').data).toMatchObject({ collectMetadata: true });
  });

  test('makes a dummy and an ifb, kinds without settings', (context) => {
    requireFeature(context, 'ifb');
    rt.links.add({ ifname: 'ltifb', kind: 'ifb' });
    expect(oracle('ltifb').linkinfo.info_kind).toBe('ifb');
    expect(rt.links.get('ltifb').kind).toBe('ifb');
    requireFeature(context, 'dummy');
    rt.links.add({ ifname: 'ltdum', kind: 'dummy' });
    expect(oracle('ltdum').linkinfo.info_kind).toBe('dummy');
  });

  test('makes an external ipip tunnel, and one with addresses', (context) => {
    requireFeature(context, 'ipip');
    rt.links.add({ ifname: 'ltip', kind: 'ipip', data: { collectMetadata: true } });
    expect(oracle('ltip').linkinfo.info_data).toMatchObject({ external: true });
    expect(rt.links.get('ltip').data).toMatchObject({ collectMetadata: true });
    rt.links.add({
      ifname: 'ltip2',
      kind: 'ipip',
      data: { local: '192.0.2.1', remote: '192.0.2.2', ttl: 64, pmtudisc: true },
    });
    expect(oracle('ltip2').linkinfo.info_data).toMatchObject({ local: '192.0.2.1', remote: '192.0.2.2', ttl: 64 });
    expect(rt.links.get('ltip2').data).toMatchObject({ local: '192.0.2.1', remote: '192.0.2.2', ttl: 64 });
    expect(rt.links.get('ltip2').data).not.toHaveProperty('collectMetadata');
  });

  test('makes an external ip6tnl tunnel, and one with addresses', (context) => {
    requireFeature(context, 'ip6tnl');
    rt.links.add({ ifname: 'lt6', kind: 'ip6tnl', data: { collectMetadata: true } });
    expect(oracle('lt6').linkinfo.info_data).toMatchObject({ external: true });
    rt.links.add({
      ifname: 'lt66',
      kind: 'ip6tnl',
      data: { local: '2001:db8::1', remote: '2001:db8::2', ttl: 64, proto: 41 },
    });
    expect(oracle('lt66').linkinfo.info_data).toMatchObject({ local: '2001:db8::1', remote: '2001:db8::2', ttl: 64 });
  });

  test('makes a link inside another namespace, and its other half in a third', () => {
    using here = NetNs.anonymous();
    using there = NetNs.anonymous();
    rt.links.add({ ifname: 'lt0', kind: 'veth', netns: here, peer: { ifname: 'lt1', netns: there, mtu: 1234 } });
    expect(names()).not.toContain('lt0');
    using inHere = new RtNetlink({ netns: here });
    using inThere = new RtNetlink({ netns: there });
    expect(real(inHere.links.list())).toEqual(['lo', 'lt0']);
    expect(inThere.links.get('lt1')).toMatchObject({ mtu: 1234, kind: 'veth' });
    expect(inThere.links.get('lt1').linkNetnsid).toBeTypeOf('number');
  });

  test('gives a link the number that it is told; the number of a link that was read may be taken', () => {
    veth('lt0', 'lt1', { index: 4711 });
    expect(oracle('lt0').ifindex).toBe(4711);
    expect(() => veth('lt2', 'lt3', { index: 4711 })).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    const { ifname: _, address: __, ...read } = rt.links.get('lt0');
    rt.links.add({ ...read, kind: 'veth', ifname: 'lt2', peer: { ifname: 'lt3' } });
    expect(oracle('lt2').ifindex).not.toBe(4711);
  });

  test('sets both halves of a pair up, here and elsewhere', () => {
    const up = (flags: readonly string[]) => flags.includes('UP');
    veth('lt0', 'lt1', { up: true, peer: { ifname: 'lt1', up: true } });
    expect([oracle('lt0'), oracle('lt1')].map(({ flags, operstate }) => [up(flags), operstate])).toEqual([
      [true, 'UP'],
      [true, 'UP'],
    ]);
    using there = NetNs.anonymous();
    rt.links.add({ ifname: 'lt2', kind: 'veth', netns: there, up: true, peer: { ifname: 'lt3', up: true } });
    expect([up(oracle('lt3').flags), oracle('lt3').operstate]).toEqual([true, 'UP']);
  });

  test('leaves nothing behind where the other half cannot be set up, and refuses what it could not find', () => {
    using there = NetNs.anonymous();
    const elsewhere: LinkSettings = { kind: 'veth', peer: { ifname: 'lt1', netns: there, up: true } };
    expect(() => rt.links.add(elsewhere)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_VALUE', path: 'peer.up', operation: 'link add veth' }),
    );
    const before = names();
    // A zero address is taken at creation, and refused when the link is opened (eth_validate_addr(), v6.12).
    const peer = { ifname: 'lt1', address: '00:00:00:00:00:00', up: true };
    expect(() => rt.links.add({ ifname: 'lt0', kind: 'veth', peer })).toThrow(NetlinkError);
    expect(names()).toEqual(before);
  });

  test('fails with EEXIST for a second of that name, and with what the kernel says for nonsense', () => {
    veth();
    expect(() => veth()).toThrow(expect.objectContaining({ code: 'EEXIST', operation: 'link add lt0' }));
    expect(() => rt.links.add({ ifname: 'ltx', kind: 'nosuchkind' })).toThrow(
      expect.objectContaining({ code: 'EOPNOTSUPP', kernelMessage: 'Unknown device type' }),
    );
    expect(() => rt.links.add({ ifname: 'ltx', kind: 'veth', mtu: 1, peer: { ifname: 'lty' } })).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });
});

describe('links.set', () => {
  test('sets up and down, mtu, address, alias, group, txqlen', () => {
    veth();
    rt.links.set('lt0', { up: true });
    expect(oracle('lt0').flags).toContain('UP');
    rt.links.set('lt0', { mtu: 1281, address: '02:00:00:00:00:99', ifalias: 'a remark', group: 7, txqlen: 0 });
    expect(oracle('lt0')).toMatchObject({
      mtu: 1281,
      address: '02:00:00:00:00:99',
      ifalias: 'a remark',
      group: '7',
    });
    expect(oracle('lt0').flags).toContain('UP');
    expect(rt.links.get('lt0').txqlen).toBe(0);
    rt.links.set('lt0', { up: false });
    expect(oracle('lt0').flags).not.toContain('UP');
  });

  test('renames, by name and by index', () => {
    veth();
    const { index } = rt.links.get('lt0');
    rt.links.set('lt0', { ifname: 'ltnew' });
    expect(oracle('ltnew').ifindex).toBe(index);
    rt.links.set(index, { ifname: 'ltagain' });
    expect(oracle('ltagain').ifindex).toBe(index);
  });

  test('makes a port of a bridge, by name and by index, and releases it', (context) => {
    requireFeature(context, 'bridge');
    veth();
    rt.links.add({ ifname: 'ltbr', kind: 'bridge' });
    rt.links.set('lt0', { master: 'ltbr' });
    expect(oracle('lt0').master).toBe('ltbr');
    const link = rt.links.get('lt0');
    expect(link).toMatchObject({ master: rt.links.get('ltbr').index, slaveKind: 'bridge' });
    expect(rt.links.list({ master: 'ltbr' }).map(({ ifname }) => ifname)).toEqual(['lt0']);
    rt.links.set('lt0', { master: null });
    expect(oracle('lt0')).not.toHaveProperty('master');
    rt.links.set('lt0', { master: rt.links.get('ltbr').index });
    expect(oracle('lt0').master).toBe('ltbr');
    rt.links.set('lt0', { master: 0 });
    expect(oracle('lt0')).not.toHaveProperty('master');
  });

  test('changes the settings of a bridge', (context) => {
    requireFeature(context, 'bridge');
    rt.links.add({ ifname: 'ltbr', kind: 'bridge' });
    rt.links.set('ltbr', { kind: 'bridge', data: { ageingTime: 500 } });
    expect(oracle('ltbr').linkinfo.info_data.ageing_time).toBe(500);
  });

  test('moves a link to another namespace', () => {
    using there = NetNs.anonymous();
    veth();
    rt.links.set('lt0', { netns: there });
    expect(names()).not.toContain('lt0');
    using inside = new RtNetlink({ netns: there });
    expect(inside.links.get('lt0').kind).toBe('veth');
    inside.links.set('lt0', { netns: process.pid });
    expect(names()).toContain('lt0');
  });

  test('takes what get answered', (context) => {
    requireFeature(context, 'bridge');
    requireFeature(context, 'vxlan');
    veth('lt0', 'lt1', { mtu: 1400 });
    rt.links.add({ ifname: 'ltbr', kind: 'bridge', data: { priority: 4096 } });
    rt.links.add({ ifname: 'ltvx', kind: 'vxlan', data: { id: 9, port: 4789 } });
    rt.links.set('lt1', { master: 'ltbr' });
    for (const name of ['lo', 'lt0', 'lt1', 'ltbr', 'ltvx']) {
      const before = oracle(name);
      rt.links.set(name, rt.links.get(name));
      rt.links.set(name, { ...rt.links.get(name), ifalias: 'marked' });
      expect(oracle(name).ifalias).toBe('marked');
      rt.links.set(name, { ifalias: '' });
      expect({ ...oracle(name), linkinfo: kindOnly(before.linkinfo) }).toEqual({
        ...before,
        linkinfo: kindOnly(before.linkinfo),
      });
    }
  });

  test('of a link that is not there fails with ENODEV', () => {
    expect(() => rt.links.set('ltnone', { up: true })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => rt.links.set(99_999, { up: true })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  });
});

/** A kernel without CONFIG_BRIDGE_VLAN_FILTERING reports settings that belong to it, and refuses them. */
function read(name: string): LinkSettings {
  const link = rt.links.get(name);
  if (link.kind !== 'bridge' || !lacking('vlan_filtering')) return link;
  const { vlanFiltering: _, multiBoolopt: __, ...data } = link.data!;
  return { ...link, data } as LinkSettings;
}

const kindOnly = (info: { info_kind?: string } | undefined) => info?.info_kind;

describe('what was read makes the same again', () => {
  test('in a fresh namespace: bridge, vxlan, ifb', (context) => {
    for (const kind of ['bridge', 'vxlan', 'ifb']) requireFeature(context, kind);
    rt.links.add({ ifname: 'ltbr', kind: 'bridge', mtu: 1400, data: { priority: 4096, stpState: 0, helloTime: 300 } });
    rt.links.add({
      ifname: 'ltvx',
      kind: 'vxlan',
      data: { id: 9, port: 4789, group: '192.0.2.9', learning: false, ttl: 3 },
    });
    rt.links.add({ ifname: 'ltifb', kind: 'ifb', txqlen: 99 });
    using fresh = NetNs.create('ltfresh');
    using inside = new RtNetlink({ netns: fresh });
    for (const name of ['ltbr', 'ltvx', 'ltifb']) {
      inside.links.add(read(name));
      const [copy] = runJson('ip', '-n', 'ltfresh', '-j', '-d', 'link', 'show', 'dev', name);
      const original = oracle(name);
      for (const both of [copy, original]) {
        delete both.ifindex;
        delete both.linkinfo.info_data?.gc_timer;
        delete both.linkinfo.info_data?.hello_timer;
        // The bridge that the copy was made of has no port yet, and so no address in its id.
        delete both.linkinfo.info_data?.bridge_id;
        delete both.linkinfo.info_data?.root_id;
      }
      expect(copy).toEqual(original);
    }
    NetNs.delete('ltfresh');
  });

  test('after it was deleted: a veth pair', () => {
    veth('lt0', 'lt1', { mtu: 1400, address: '02:00:00:00:00:0a', group: 3 });
    const { link: _, linkNetnsid: __, ...read } = rt.links.get('lt0');
    const before = oracle('lt0');
    rt.links.delete('lt0');
    rt.links.add({ ...read, peer: { ifname: 'lt1' } });
    expect({ ...oracle('lt0'), ifindex: 0 }).toEqual({ ...before, ifindex: 0 });
  });
});

describe('links.get and links.list', () => {
  test('agree with ip', () => {
    veth('lt0', 'lt1', { mtu: 1400 });
    run('ip', 'link', 'set', 'lt0', 'up');
    const theirs = runJson('ip', '-j', '-d', '-s', 'link');
    const ours = rt.links.list();
    expect(ours.map(({ ifname }) => ifname)).toEqual(theirs.map(({ ifname }: { ifname: string }) => ifname));
    for (const [i, link] of ours.entries()) {
      const their = theirs[i];
      expect(link).toMatchObject({
        index: their.ifindex,
        mtu: their.mtu,
        address: their.address,
        broadcast: their.broadcast,
        qdisc: their.qdisc,
        numTxQueues: their.num_tx_queues,
        numRxQueues: their.num_rx_queues,
        gsoMaxSize: their.gso_max_size,
        promiscuity: their.promiscuity,
        txqlen: their.txqlen ?? link.txqlen,
      });
      expect((link.flags & IFF_UP) !== 0).toBe(their.flags.includes('UP'));
      expect(link.stats64?.rxPackets).toBe(BigInt(their.stats64.rx.packets));
      expect(link.stats64?.txBytes).toBe(BigInt(their.stats64.tx.bytes));
      expect(link.unknown?.map(({ type }) => type) ?? []).toEqual([]);
      expect(rt.links.get(link.index).ifname).toBe(link.ifname);
    }
  });

  test('leave out what a mask says', () => {
    veth();
    const whole = rt.links.list({ kind: 'veth' })[0]!;
    const [lean] = rt.links.list({ kind: 'veth', extMask: RTEXT_FILTER_SKIP_STATS });
    const inet6Of = ({ afSpec }: Link) => (afSpec as { readonly inet6: Record<string, unknown> }).inet6;
    // How much is left out differs from kernel to kernel; what is told is the same.
    expect(whole).toMatchObject(lean!);
    for (const name of ['stats', 'icmp6stats']) {
      expect(inet6Of(whole)).toHaveProperty(name);
      expect(inet6Of(lean!)).not.toHaveProperty(name);
    }
  });

  test('find a link by an alternative name, longer than 15 bytes', () => {
    veth();
    run(
      'ip',
      'link',
      'property',
      'add',
      'dev',
      'lt0',
      'altname',
      'a-name-of-more-than-fifteen-bytes',
      'altname',
      'short',
    );
    expect(rt.links.get('a-name-of-more-than-fifteen-bytes').ifname).toBe('lt0');
    expect(rt.links.get('short').ifname).toBe('lt0');
    expect(rt.links.get('lt0').propList?.altIfname).toEqual(['a-name-of-more-than-fifteen-bytes', 'short']);
    rt.links.set('a-name-of-more-than-fifteen-bytes', { mtu: 1300 });
    expect(oracle('lt0').mtu).toBe(1300);
    rt.links.set('short', { ifname: 'ltren' });
    expect(oracle('ltren').mtu).toBe(1300);
    rt.links.delete('a-name-of-more-than-fifteen-bytes');
    expect(names()).not.toContain('ltren');
  });

  test('filter by kind, also by one that this kernel does not know', () => {
    veth();
    expect(
      rt.links
        .list({ kind: 'veth' })
        .map(({ ifname }) => ifname)
        .sort(),
    ).toEqual(['lt0', 'lt1']);
    expect(rt.links.list({ kind: 'nosuchkind' })).toEqual([]);
    expect([...rt.links.dump({ kind: 'nosuchkind' })]).toEqual([]);
  });

  test('names take any bytes that a name can have', () => {
    veth('ltä€', 'lt+1');
    expect(rt.links.get('ltä€').ifname).toBe('ltä€');
    expect(oracle('ltä€').ifname).toBe('ltä€');
  });

  test('of what is not there fail with ENODEV', () => {
    expect(() => rt.links.get('ltnone')).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => rt.links.get('a-name-of-more-than-fifteen-bytes')).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
    expect(() => rt.links.list({ master: 'ltnone' })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  });
});

describe('links.delete', () => {
  test('deletes a group of links at once, and no other', async () => {
    for (const i of [0, 2, 4]) veth(`lt${i}`, `lt${i + 1}`, { group: i === 4 ? 0 : 42 });
    rt.links.deleteGroup(42);
    expect(names()).toEqual(['lo', 'lt5', 'lt4']);
    await expect(rt.async.links.deleteGroup(42)).rejects.toMatchObject({ code: 'ENODEV' });
    expect(() => rt.links.deleteGroup(0)).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });

  test('deletes both halves of a pair', () => {
    veth();
    rt.links.delete('lt0');
    expect(names()).toEqual(['lo']);
    expect(() => rt.links.delete('lt0')).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  });
});

describe('links.dump', () => {
  test('streams while other requests are made, and can be left early', () => {
    for (let i = 0; i < 40; i++) veth(`lt${i}a`, `lt${i}b`);
    let seen = 0;
    for (const link of rt.links.dump()) {
      if (isFallback(link.ifname)) continue;
      seen++;
      expect(rt.links.get(link.index).ifname).toBe(link.ifname);
      if (link.index % 2 === 0) rt.links.set(link.index, { group: 5 });
    }
    expect(seen).toBe(81);
    for (const _ of rt.links.dump()) break;
    const nested: string[] = [];
    for (const outer of rt.links.dump()) {
      for (const inner of rt.links.dump()) if (inner.index === outer.index) nested.push(inner.ifname!);
      if (nested.length === 3) break;
    }
    expect(nested.length).toBe(3);
    expect(real(rt.links.list()).length).toBe(81);
    run('ip', 'link', 'del', 'group', '5'); // one half of each pair, at once; the hook would take them one by one
  });
});

describe('a connection', () => {
  test('works in its own namespace, whatever the current one is', () => {
    using there = NetNs.create('ltns');
    using inside = new RtNetlink({ netns: there });
    const before = readlinkSync('/proc/self/ns/net');
    inside.links.add({ ifname: 'ltin', kind: 'veth', peer: { ifname: 'ltin2' } });
    expect(runJson('ip', '-n', 'ltns', '-j', 'link', 'show', 'type', 'veth').length).toBe(2);
    expect(real([...inside.links.dump()]).length).toBe(3);
    expect(names()).toEqual(['lo']);
    expect(readlinkSync('/proc/self/ns/net')).toBe(before);
    NetNs.delete('ltns');
  });
});
