import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addressAttributes, ifaddrmsg } from '../../src/netlink/address/schema.js';
import { ifinfomsg } from '../../src/netlink/link/common.js';
import { bridge, bridgeId } from '../../src/netlink/link/kinds/bridge.js';
import { vxlan } from '../../src/netlink/link/kinds/vxlan.js';
import { ifmap, linkAttributes, stats, stats64 } from '../../src/netlink/link/schema.js';
import { nexthop } from '../../src/netlink/route/nexthops.js';
import { routeAttributes, rtmsg } from '../../src/netlink/route/schema.js';
import { tcmsg as filterTcmsg } from '../../src/tc/filter/schema.js';
import { tcmsg as qdiscTcmsg } from '../../src/tc/qdisc/schema.js';
import { common, stats as tcStats } from '../../src/tc/schema.js';
import type { Fields, StructCodec } from '../../src/wire/struct.js';
import { runJson } from '../support/command.js';
import { requireFeature } from '../support/features.js';
import { grows, uapi } from '../support/uapi.js';

interface BtfType {
  readonly kind: string;
  readonly name: string;
  readonly size: number;
  readonly members?: readonly { readonly name: string; readonly bits_offset: number }[];
  readonly values?: readonly { readonly name: string; readonly val: number }[];
}

const BTF = '/sys/kernel/btf';
const structs = new Map<string, BtfType>();
/** Values by name; a driver may have a name of its own for something else. */
const enumerators = new Map<string, bigint[]>();
function readTypes(name: string, ...options: string[]): void {
  const { types } = runJson('bpftool', '-j', ...options, 'btf', 'dump', 'file', `${BTF}/${name}`);
  for (const type of types as BtfType[]) {
    if (type.kind === 'STRUCT') structs.set(type.name, type);
    for (const { name, val } of type.values ?? []) {
      enumerators.set(name, [...(enumerators.get(name) ?? []), BigInt(val)]);
    }
  }
}
readTypes('vmlinux');
/** Drivers with structs of their own; part of the kernel, or modules, which have types since Linux 5.11. */
for (const driver of ['bridge', 'vxlan']) {
  spawnSync('modprobe', ['-q', driver]);
  if (existsSync(`${BTF}/${driver}`)) readTypes(driver, '-B', `${BTF}/vmlinux`);
}

/** The struct behind an attribute of a table. */
const of = (table: Readonly<Record<string, readonly [number, unknown]>>, name: string) =>
  table[name]![1] as StructCodec<Fields>;

/** Our struct, the kernel's, and what its members begin with. Padding has no field of ours. */
const OURS: readonly [StructCodec<Fields>, string, string?][] = [
  [ifinfomsg, 'ifinfomsg', 'ifi_'],
  [ifaddrmsg, 'ifaddrmsg', 'ifa_'],
  [rtmsg, 'rtmsg', 'rtm_'],
  [nexthop.head, 'rtnexthop', 'rtnh_'],
  [stats, 'rtnl_link_stats'],
  [stats64, 'rtnl_link_stats64'],
  [ifmap, 'rtnl_link_ifmap'],
  [qdiscTcmsg, 'tcmsg', 'tcm_'],
  [tcStats, 'tc_stats'],
  [of(addressAttributes.table, 'cacheinfo'), 'ifa_cacheinfo', 'ifa_'],
  [of(routeAttributes.table, 'cacheinfo'), 'rta_cacheinfo', 'rta_'],
  [of(bridge.table, 'multiBoolopt'), 'br_boolopt_multi'],
  [of(vxlan.table, 'portRange'), 'ifla_vxlan_port_range'],
];

const camel = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

test('enumerators have the values that they have in this kernel', async () => {
  const ours = [...(await uapi()).values()].flatMap((numbers) => [...numbers]);
  const shared = ours.filter(([name]) => enumerators.has(name) && !grows(name));
  expect(shared.length).toBeGreaterThan(500);
  expect(shared.filter(([name, value]) => !enumerators.get(name)!.includes(value))).toEqual([]);
});

describe('structs lie as in this kernel', () => {
  test.for(OURS.map(([ours, name, prefix = '']) => ({ ours, name, prefix })))(
    'struct $name',
    ({ ours, name, prefix }, context) => {
      const theirs = structs.get(name);
      if (theirs === undefined) requireFeature(context, 'module_btf');
      const members = theirs!.members!.map((member) => [member.name, member.bits_offset / 8] as const);
      const named = new Map(
        members.map(([member, offset]) => [camel(member.replace(prefix, '').replace(/^_+/, '')), offset]),
      );
      // An older kernel's struct may be shorter: the rest reads as zero.
      expect(ours.size).toBeGreaterThanOrEqual(theirs!.size);
      const known = Object.entries(ours.offsets).filter(([, offset]) => offset < theirs!.size);
      expect(Object.fromEntries(known)).toEqual(
        Object.fromEntries(known.map(([field]) => [field, named.get(field) ?? `no member ${field}`])),
      );
    },
  );

  test('struct bridge_id, and tcm_info as priority and protocol', () => {
    expect([bridgeId.size, bridgeId.offsets]).toEqual([8, { priority: 0, address: 2 }]);
    expect(structs.get('bridge_id')?.size ?? 8).toBe(8);
    expect(filterTcmsg.size).toBe(structs.get('tcmsg')!.size);
    expect(Math.min(filterTcmsg.offsets['priority']!, filterTcmsg.offsets['protocol']!)).toBe(16);
  });

  test('struct gnet_stats_*, ifla_cacheinfo, nlmsghdr, nlmsgerr, nlattr, sockaddr_nl', () => {
    const stats2 = (common.stats2[1] as unknown as { table: Readonly<Record<string, readonly [number, unknown]>> })
      .table;
    const afSpec = linkAttributes.table.afSpec[1].selection!.select({ family: 0 }) as unknown as {
      table: { inet6: readonly [number, { table: Readonly<Record<string, readonly [number, unknown]>> }] };
    };
    const sizes = {
      gnet_stats_basic: of(stats2, 'basic').size,
      gnet_stats_queue: of(stats2, 'queue').size,
      gnet_stats_rate_est: of(stats2, 'rateEst').size,
      gnet_stats_rate_est64: of(stats2, 'rateEst64').size,
      ifla_cacheinfo: of(afSpec.table.inet6[1].table, 'cacheinfo').size,
      nlmsghdr: 16,
      nlmsgerr: 20,
      nlattr: 4,
      sockaddr_nl: 12,
    };
    expect(Object.fromEntries(Object.keys(sizes).map((name) => [name, structs.get(name)?.size]))).toEqual(sizes);
    const offsets = (name: string) => structs.get(name)!.members!.map(({ bits_offset }) => bits_offset / 8);
    expect([offsets('nlmsghdr'), offsets('nlmsgerr')]).toEqual([
      [0, 4, 6, 8, 12],
      [0, 4],
    ]);
    expect(offsets('sockaddr_nl')).toEqual([0, 2, 4, 8]);
  });
});
