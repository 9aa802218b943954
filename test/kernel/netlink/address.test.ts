import { beforeEach, describe, expect, test } from 'vitest';
import { type AddressSettings, RtNetlink } from '../../../src/netlink/index.js';
import { NetNs } from '../../../src/sys/netns.js';
import * as A from '../../../src/uapi/if_addr.js';
import { RT_SCOPE_LINK } from '../../../src/uapi/rtnetlink.js';
import { AF_INET, AF_INET6 } from '../../../src/uapi/socket.js';
import { run, runJson } from '../../support/command.js';

const rt = new RtNetlink();
rt.links.add({ ifname: 'at0', kind: 'veth', up: true, peer: { ifname: 'at1' } });
rt.links.set('at1', { up: true });

/** What `ip -j -d address` says of at0, without the link-local address that the kernel gives. */
function oracle(dev = 'at0', ...where: string[]) {
  const [{ addr_info }] = runJson('ip', ...where, '-j', '-d', 'address', 'show', 'dev', dev);
  return addr_info
    .filter(({ local }: { local: string }) => !local.startsWith('fe80'))
    .sort((a: { local: string }, b: { local: string }) => (a.local < b.local ? -1 : 1));
}
const ours = (dev = 'at0') => rt.addresses.list({ dev }).filter(({ address }) => !address?.startsWith('fe80'));

beforeEach(() => {
  run('ip', '-4', 'address', 'flush', 'dev', 'at0');
  run('ip', '-6', 'address', 'flush', 'dev', 'at0', 'scope', 'global');
});

describe('addresses.add', () => {
  test('gives an IPv4 address', () => {
    rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24' });
    expect(oracle()).toMatchObject([
      { family: 'inet', local: '10.1.2.3', prefixlen: 24, scope: 'global', label: 'at0' },
    ]);
    expect(ours()).toMatchObject([
      { family: AF_INET, address: '10.1.2.3/24', local: '10.1.2.3', prefixlen: 24, label: 'at0' },
    ]);
  });

  test('gives one for a host where there is no prefix length', () => {
    rt.addresses.add({ dev: 'at0', address: '10.1.2.3' });
    rt.addresses.add({ dev: 'at0', address: '2001:db8::1' });
    expect(oracle()).toMatchObject([
      { local: '10.1.2.3', prefixlen: 32 },
      { local: '2001:db8::1', prefixlen: 128 },
    ]);
  });

  test('gives one with broadcast, label, scope, metric and lifetimes', () => {
    rt.addresses.add({
      dev: 'at0',
      address: '10.1.2.3/24',
      broadcast: '10.1.2.255',
      label: 'at0:x',
      scope: RT_SCOPE_LINK,
      rtPriority: 77,
      cacheinfo: { prefered: 500, valid: 1000, cstamp: 0, tstamp: 0 },
    });
    const [info] = oracle();
    expect(info).toMatchObject({ broadcast: '10.1.2.255', label: 'at0:x', scope: 'link', metric: 77 });
    expect(info.valid_life_time).toBeGreaterThan(990);
    expect(info.preferred_life_time).toBeLessThanOrEqual(500);
    expect(ours()).toMatchObject([{ broadcast: '10.1.2.255', label: 'at0:x', scope: RT_SCOPE_LINK, rtPriority: 77 }]);
  });

  test('gives a point-to-point address: `address` is the peer, `local` the own', () => {
    rt.addresses.add({ dev: 'at0', address: '10.9.9.2/32', local: '10.9.9.1' });
    rt.addresses.add({ dev: 'at0', address: '2001:db8:9::2/128', local: '2001:db8:9::1' });
    expect(oracle()).toMatchObject([
      { local: '10.9.9.1', address: '10.9.9.2', prefixlen: 32 },
      { local: '2001:db8:9::1', address: '2001:db8:9::2', prefixlen: 128 },
    ]);
    expect(ours()).toMatchObject([
      { local: '10.9.9.1', address: '10.9.9.2/32' },
      { local: '2001:db8:9::1', address: '2001:db8:9::2/128' },
    ]);
  });

  test('gives an IPv6 address, with flags beyond 8 bits', () => {
    rt.addresses.add({
      dev: 'at0',
      address: '2001:db8:1::1/64',
      flags: A.IFA_F_NODAD | A.IFA_F_NOPREFIXROUTE,
    });
    expect(oracle()).toMatchObject([{ local: '2001:db8:1::1', prefixlen: 64, nodad: true, noprefixroute: true }]);
    const [found] = ours();
    expect(found!.flags & A.IFA_F_NOPREFIXROUTE).toBe(A.IFA_F_NOPREFIXROUTE);
    expect(found!.flags).toBeGreaterThan(255);
    expect(found!.family).toBe(AF_INET6);
    expect(
      runJson('ip', '-6', '-j', 'route', 'show', 'dev', 'at0').map(({ dst }: { dst: string }) => dst),
    ).not.toContain('2001:db8:1::/64');
  });

  test('takes the index instead of the name', () => {
    const { index } = rt.links.get('at0');
    rt.addresses.add({ dev: index, address: '10.1.2.3/24' });
    rt.addresses.add({ index, address: '10.1.2.4/24' });
    expect(oracle().length).toBe(2);
  });

  test('fails with EEXIST, ENODEV, and with EncodeError for what is no prefix', () => {
    rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24' });
    expect(() => rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24' })).toThrow(
      expect.objectContaining({ code: 'EEXIST', operation: 'address add 10.1.2.3/24' }),
    );
    expect(() => rt.addresses.add({ dev: 'atnone', address: '10.1.2.3/24' })).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
    expect(() => rt.addresses.add({ dev: 'at0', address: '10.1.2.3/33' })).toThrow(
      'address add 10.1.2.3/33: address: must have a prefix length from 0 to 32, is "10.1.2.3/33"',
    );
    expect(() => rt.addresses.add({ address: '10.1.2.3/24' })).toThrow('dev: must name the device');
  });
});

describe('addresses.replace', () => {
  test('changes lifetimes of an address that is there, and adds one that is not', () => {
    rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24' });
    rt.addresses.replace({
      dev: 'at0',
      address: '10.1.2.3/24',
      cacheinfo: { prefered: 500, valid: 1000, cstamp: 0, tstamp: 0 },
    });
    expect(oracle()).toHaveLength(1);
    expect(oracle()[0].valid_life_time).toBeLessThanOrEqual(1000);
    rt.addresses.replace({ dev: 'at0', address: '2001:db8:1::1/64', flags: A.IFA_F_NODAD });
    expect(oracle()).toHaveLength(2);
  });
});

describe('addresses.delete', () => {
  test('takes an address away', () => {
    rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24' });
    rt.addresses.add({ dev: 'at0', address: '2001:db8:1::1/64', flags: A.IFA_F_NODAD });
    rt.addresses.delete({ dev: 'at0', address: '10.1.2.3/24' });
    expect(oracle()).toMatchObject([{ family: 'inet6' }]);
    rt.addresses.delete(rt.addresses.get('at0', '2001:db8:1::1/64') as AddressSettings);
    expect(oracle()).toEqual([]);
    expect(() => rt.addresses.delete({ dev: 'at0', address: '10.1.2.3/24' })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
  });
});

describe('addresses.get, list and dump', () => {
  test('find an address by its text, in any spelling', () => {
    rt.addresses.add({ dev: 'at0', address: '2001:db8:1::1/64', flags: A.IFA_F_NODAD });
    expect(rt.addresses.get('at0', '2001:DB8:1:0:0::1/64')?.address).toBe('2001:db8:1::1/64');
    expect(rt.addresses.get('at0', '2001:db8:1::1/63')).toBeUndefined();
  });

  test('filter by device and family', () => {
    rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24' });
    rt.addresses.add({ dev: 'at0', address: '2001:db8:1::1/64', flags: A.IFA_F_NODAD });
    expect(rt.addresses.list({ family: AF_INET }).map(({ address }) => address)).toEqual([
      '127.0.0.1/8',
      '10.1.2.3/24',
    ]);
    expect(rt.addresses.list({ dev: 'lo' }).map(({ address }) => address)).toEqual(['127.0.0.1/8', '::1/128']);
    expect([...rt.addresses.dump({ dev: 'at0', family: AF_INET6 })].every(({ family }) => family === AF_INET6)).toBe(
      true,
    );
    const all = runJson('ip', '-j', 'address').flatMap((link: { addr_info: object[] }) => link.addr_info);
    expect(rt.addresses.list().length).toBe(all.length);
  });
});

test('what list answered makes the same in a fresh place', () => {
  rt.addresses.add({ dev: 'at0', address: '10.1.2.3/24', broadcast: '10.1.2.255', label: 'at0:x' });
  rt.addresses.add({ dev: 'at0', address: '10.1.2.4/24', flags: A.IFA_F_NOPREFIXROUTE, rtPriority: 9 });
  rt.addresses.add({ dev: 'at0', address: '10.9.9.2/32', local: '10.9.9.1' });
  rt.addresses.add({ dev: 'at0', address: '2001:db8:1::1/64', flags: A.IFA_F_NODAD | A.IFA_F_NOPREFIXROUTE });
  rt.addresses.add({ dev: 'at0', address: '2001:db8:9::2/128', local: '2001:db8:9::1', flags: A.IFA_F_NODAD });
  const read = ours();
  const original = oracle();
  using fresh = NetNs.create('atfresh');
  using inside = new RtNetlink({ netns: fresh });
  inside.links.add({ ifname: 'at0', kind: 'veth', peer: { ifname: 'at1' } });
  for (const { index: _, ...address } of read) inside.addresses.add({ ...address, dev: 'at0' } as AddressSettings);
  expect(oracle('at0', '-n', 'atfresh')).toEqual(
    original.map(({ tentative: _, ...info }: { tentative?: boolean }) => info),
  );
  for (const { index: _, ...address } of read) inside.addresses.replace({ ...address, dev: 'at0' } as AddressSettings);
  expect(oracle('at0', '-n', 'atfresh').length).toBe(original.length);
  NetNs.delete('atfresh');
});
