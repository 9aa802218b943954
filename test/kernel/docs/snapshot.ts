/** Sections of JSON, each begun by its name between two separators. Builtins and batches: to start a process takes long. */
const SCRIPT = `
  shopt -s nullglob globstar
  section() { printf '\\036%s\\037' "$1"; shift; "$@"; }
  for side in '' /run/netns/*; do
    side=\${side##*/}
    n=\${side:+-n $side}
    section "$side" ip $n -j -d -batch - <<< $'link\\naddr\\nroute show table all\\nnetconf'
    qdiscs=$(tc $n -j qdisc)
    section "$side qdiscs" printf %s "$qdiscs"
    while [[ $qdiscs =~ '"kind":"clsact"'[^{]*'"dev":"'([^\\"]*) ]]; do
      section "$side filters of \${BASH_REMATCH[1]}" tc $n -j filter show dev \${BASH_REMATCH[1]} ingress
      qdiscs=\${qdiscs#*"\${BASH_REMATCH[0]}"}
    done
  done
  for pin in /sys/fs/bpf/tc/**; do
    [[ -f $pin ]] || continue
    if [[ $pin == */prog ]]; then section $pin bpftool -j prog show pinned $pin
    else section $pin bpftool -j map dump pinned $pin; fi
  done
`;

/** What ip, tc and bpftool say of one side, without what differs between any two: indexes, random addresses, timers. */
export function snapshot(bash: (command: string) => string): unknown {
  const sections = bash(SCRIPT).split('\x1e').slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [name = '', text = ''] = section.split('\x1f');
      return [name, text.trim().split('\n').map(documentOf)];
    }),
  );
}

/** A command of a batch prints a document on a line of its own. */
const documentOf = (line: string): unknown => settled(JSON.parse(line || '[]'));

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
