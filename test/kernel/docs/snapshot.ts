/** What ip, tc and bpftool say of one side, without what differs between any two: indexes, random addresses, timers. */
export function snapshot(shell: (command: string) => string): unknown {
  const json = (command: string): unknown[] => JSON.parse(shell(command).trim() || '[]') as unknown[];
  const names = (json('ip -j netns list') as { name: string }[]).map(({ name }) => name).sort();
  const pins = shell('find /sys/fs/bpf/tc -type f').split('\n').filter(Boolean).sort();
  const maps = pins.filter((path) => !path.endsWith('prog')).map((path) => json(`bpftool -j map dump pinned ${path}`));
  const sides = ['', ...names.map((name) => `-n ${name}`)].map((side) => {
    const links = json(`ip ${side} -j -d link`) as { ifname: string }[];
    const qdiscs = json(`tc ${side} -j qdisc`) as { kind: string; dev: string }[];
    const hooked = qdiscs.filter(({ kind }) => kind === 'clsact').map(({ dev }) => dev);
    return {
      links,
      qdiscs,
      addresses: json(`ip ${side} -j -d addr`),
      routes: ['-4', '-6'].map((family) => json(`ip ${side} ${family} -j -d route show table all`)),
      filters: hooked.map((dev) => json(`tc ${side} -j filter show dev ${dev} ingress`)),
      forward: shell(side === '' ? FORWARD : `ip netns exec ${side.slice(3)} ${FORWARD}`),
    };
  });
  return { names, pins, maps: maps.map(sorted), sides: settled(sides) };
}

const FORWARD = 'cat /proc/sys/net/ipv4/ip_forward';

/** A hash map has no order of its own. */
const sorted = (entries: unknown[]): string[] => entries.map((entry) => JSON.stringify(entry)).sort();

const VOLATILE = /^(ifindex|link_index|link_netnsid|operstate|tentative|id|prog|.*_timer|jited)$/;
const STATE_FLAGS = ['LOWER_UP', 'NO-CARRIER', 'linkdown', 'dead', 'M-DOWN'];
const MAC = /([0-9a-f]{2}:){5}[0-9a-f]{2}/;
const CHOSEN_MAC = '02:00:00:00:00:02';

function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isLasting).map(settled).sort(byText);
  if (typeof value === 'string') return MAC.test(value) && value !== CHOSEN_MAC ? 'a random address' : value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !VOLATILE.test(key));
  return Object.fromEntries(
    entries.map(([key, member]) => [key, key.endsWith('_life_time') ? tens(member) : settled(member)]),
  );
}

/** Not what follows from random link-layer addresses, nor what changes by itself. */
function isLasting(item: unknown): boolean {
  if (typeof item === 'string') return !STATE_FLAGS.includes(item);
  const { dst, local } = item as { dst?: string; local?: string };
  return !/^(fe80|ff00|multicast)/.test(dst ?? local ?? '');
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
/** Seconds go by. */
const tens = (seconds: unknown): number => Math.ceil(Number(seconds) / 10);
