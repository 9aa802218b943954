import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import { objectPath } from './objects.js';

const PIN = '/sys/fs/bpf/nlbpfprobe';

/** How to find out whether this kernel has something, in the namespaces of the test: 0 is yes. */
export const PROBES: Readonly<Record<string, readonly string[]>> = {
  bridge: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'bridge'],
  vlan_filtering: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'bridge', 'vlan_filtering', '1'],
  dummy: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'dummy'],
  ifb: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'ifb'],
  ip6tnl: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'ip6tnl', 'external'],
  ipip: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'ipip', 'external'],
  veth: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'veth'],
  vxlan: ['ip', 'link', 'add', 'nlbpfprobe', 'type', 'vxlan', 'id', '16000000', 'dstport', '4999'],
  htb: ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'handle', '1:', 'htb'],
  nexthop: ['ip', 'nexthop', 'add', 'id', '4242', 'blackhole'],
  // Where it tells what it was built with.
  kernel_config: ['sh', '-c', 'ls /proc/config.gz || ls /boot/config-$(uname -r)'],
  conntrack_module: [
    'sh',
    '-c',
    'modprobe nf_conntrack && ls /sys/kernel/btf/nf_conntrack && grep -w bpf_skb_ct_lookup /proc/kallsyms',
  ],
  // The types of a module that is not part of the kernel itself; since Linux 5.11.
  module_btf: ['sh', '-c', 'modprobe -q nf_conntrack; ls /sys/kernel/btf | grep -vx vmlinux'],
  // The newest members that this library knows.
  excl_prog_hash: ['sh', '-c', 'bpftool btf dump file /sys/kernel/btf/vmlinux | grep -qw excl_prog_hash'],
  arena: ['grep', '-qw', 'arena_map_alloc', '/proc/kallsyms'],
  insn_array: ['grep', '-qw', 'insn_array_alloc', '/proc/kallsyms'],
  token: ['grep', '-qw', 'bpf_token_create', '/proc/kallsyms'],
  uprobe_multi: ['grep', '-qw', 'bpf_uprobe_multi_link_attach', '/proc/kallsyms'],
  exceptions: ['grep', '-qw', 'bpf_throw', '/proc/kallsyms'],
  struct_ops: ['bpftool', 'prog', 'loadall', objectPath('struct_ops'), PIN],
  struct_ops_link: ['grep', '-qw', 'bpf_struct_ops_link_create', '/proc/kallsyms'],
  // Lockdown forbids it.
  tracing: ['bpftool', 'prog', 'load', objectPath('traced'), PIN],
};

/** How to take back what a probe left; links go by their name. */
const UNDO: Readonly<Record<string, readonly string[]>> = {
  htb: ['tc', 'qdisc', 'del', 'dev', 'lo', 'root'],
  nexthop: ['ip', 'nexthop', 'del', 'id', '4242'],
  struct_ops: ['rm', '-r', PIN],
  tracing: ['rm', PIN],
};

function attempt(command: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
  return status === 0
    ? undefined
    : (error?.message ?? (stderr.trim() || `${command.join(' ')}: exit status ${status}`));
}

const known = new Map<string, string | undefined>();

/** Why this kernel lacks a feature, found out by using it once; undefined when it is there. */
export function lacking(feature: string): string | undefined {
  if (known.has(feature)) return known.get(feature);
  const reason = attempt(PROBES[feature]!);
  const undo =
    UNDO[feature] ?? (PROBES[feature]!.includes('nlbpfprobe') ? ['ip', 'link', 'del', 'nlbpfprobe'] : undefined);
  if (reason === undefined && undo !== undefined) attempt(undo);
  known.set(feature, reason);
  return reason;
}

/** Skips the test that calls it, with the reason, where this kernel lacks a feature. */
export function requireFeature(context: Pick<TestContext, 'skip'>, feature: keyof typeof PROBES): void {
  const reason = lacking(feature);
  if (reason !== undefined) context.skip(`no ${feature} in this kernel: ${reason}`);
}

const FALLBACK = /^(tunl0|ip6tnl0|sit0|gre0|gretap0|erspan0|ip6gre0|ip_vti0|ip6_vti0)$/;

/** Whether a link is one that a tunnel driver puts into every namespace; it cannot be deleted there. */
export function isFallback(name: string | undefined): boolean {
  return FALLBACK.test(name ?? '');
}
