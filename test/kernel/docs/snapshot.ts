/** Sections of JSON, each begun by its name between two separators; one shell, because starting processes takes long. */
const SCRIPT = `
  section() { printf '\\036%s\\037' "$1"; shift; "$@"; }
  namespaces=$(ip netns list | cut -d' ' -f1 | sort)
  for side in '' $namespaces; do
    n=\${side:+-n $side}
    section "$side links" ip $n -j -d link
    section "$side addresses" ip $n -j -d addr
    section "$side routes" ip $n -4 -j -d route show table all
    section "$side IPv6 routes" ip $n -6 -j -d route show table all
    section "$side qdiscs" tc $n -j qdisc
    section "$side forwarding" \${side:+ip netns exec $side} cat /proc/sys/net/ipv4/ip_forward
    for dev in $(tc $n qdisc | awk '$2 == "clsact" { print $5 }'); do
      section "$side filters of $dev" tc $n -j filter show dev $dev ingress
    done
  done
  for map in $(find /sys/fs/bpf/tc -type f ! -name prog); do section $map bpftool -j map dump pinned $map; done
  for program in $(find /sys/fs/bpf/tc -type f -name prog); do section $program bpftool -j prog show pinned $program; done
`;

/** What ip, tc and bpftool say of one side, without what differs between any two: indexes, random addresses, timers. */
export function snapshot(shell: (command: string) => string): unknown {
  const sections = shell(SCRIPT).split('\x1e').slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [name = '', text = ''] = section.split('\x1f');
      return [name, settled(JSON.parse(text.trim() || '[]'))];
    }),
  );
}

const VOLATILE =
  /^(ifindex|link_index|link_netnsid|operstate|tentative|permaddr|id|prog|map_ids|btf_id|loaded_at|.*_timer|jited)$/;
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
