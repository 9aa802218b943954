import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RtNetlink } from '../../../src/netlink/index.js';
import { sysctl } from '../../../src/sys/sysctl.js';
import { run } from '../../support/command.js';

const rt = new RtNetlink();

type Numbers<T> = Readonly<Record<string, T>>;
interface Families {
  readonly inet: { readonly conf: Numbers<number> };
  readonly inet6: {
    readonly conf: Numbers<number>;
    readonly stats: readonly bigint[];
    readonly icmp6stats: readonly bigint[];
  };
}
const families = (): Families => (rt.links.get('fa0') as unknown as { readonly afSpec: Families }).afSpec;

beforeEach(() => {
  rt.links.add({ ifname: 'fa0', kind: 'veth', peer: { ifname: 'fa1' } });
  for (const name of ['fa0', 'fa1']) rt.links.set(name, { up: true });
});
afterEach(() => run('ip', 'link', 'del', 'fa0'));

/** The numbers in a directory of /proc/sys, 32 bits signed, by names as the kernel's enum has them but for case and underscores. */
function sysctls(directory: string): Map<string, number> {
  const numbers = readdirSync(directory).map((name): [string, string] => {
    try {
      return [name.replaceAll('_', ''), readFileSync(`${directory}/${name}`, 'utf8').trim()];
    } catch {
      return [name, '']; // stable_secret, where there is none
    }
  });
  return new Map(numbers.filter(([, text]) => /^-?\d+$/.test(text)).map(([name, text]) => [name, Number(text) | 0]));
}

/** Values of /proc/net/dev_snmp6, by names such as `Ip6InReceives`. */
function counters(): Map<string, bigint> {
  const lines = readFileSync('/proc/net/dev_snmp6/fa0', 'utf8').trim().split('\n');
  return new Map(lines.map((line) => line.split(/\s+/)).map(([name, value]) => [name!, BigInt(value!)]));
}

/** Between two looks at /proc that saw the same, for the kernel sends in its own time. */
function ofOneMoment() {
  for (;;) {
    const before = counters();
    const { stats, icmp6stats } = families().inet6;
    const theirs = counters();
    if (isDeepStrictEqual(before, theirs)) return { stats, icmp6stats, theirs };
  }
}

const sorted = (values: Iterable<bigint>): bigint[] => [...values].sort((a, b) => Number(a - b));

describe('what the address families tell of a link', () => {
  test.each([
    ['ipv4', 'inet', 25],
    ['ipv6', 'inet6', 35],
  ] as const)('sysctls of %s', (family, ours, least) => {
    const set = sysctl();
    for (const name of ['rp_filter', 'medium_id'].map((name) => `net.ipv4.conf.fa0.${name}`)) set.set(name, 2);
    for (const name of ['accept_ra', 'ndisc_notify', 'seg6_enabled']) set.set(`net.ipv6.conf.fa0.${name}`, 1);
    const theirs = sysctls(`/proc/sys/net/${family}/conf/fa0`);
    const known = Object.entries(families()[ours].conf).filter(([name]) => theirs.has(name.toLowerCase()));
    expect(Object.fromEntries(known)).toEqual(
      Object.fromEntries(known.map(([name]) => [name, theirs.get(name.toLowerCase())])),
    );
    expect(known.length).toBeGreaterThanOrEqual(least);
  });

  test('counters of IPv6 and ICMPv6', () => {
    const { stats, icmp6stats, theirs } = ofOneMoment();
    expect(Number(stats[0])).toBe(stats.length);
    expect(icmp6stats.length).toBeGreaterThanOrEqual(6);
    // The order differs among kernels, and /proc has another one.
    const ip6 = [...theirs].filter(([name]) => name.startsWith('Ip6') && theirs.get(name) !== 0n);
    expect(sorted(stats.slice(1)).filter((value) => value !== 0n)).toEqual(sorted(ip6.map(([, value]) => value)));
    expect(icmp6stats).toContain(theirs.get('Icmp6OutMsgs'));
  });
});
