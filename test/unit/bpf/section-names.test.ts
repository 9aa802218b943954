import { expect, test } from 'vitest';
import { sectionRule } from '../../../src/bpf/section-names.js';
import {
  BPF_CGROUP_UNIX_CONNECT,
  BPF_F_SLEEPABLE,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_XDP,
  BPF_TCX_INGRESS,
  BPF_TRACE_FEXIT,
  BPF_TRACE_UPROBE_MULTI,
  BPF_XDP,
  BPF_XDP_CPUMAP,
} from '../../../src/uapi/bpf.js';

test.each([
  ['tc', { type: BPF_PROG_TYPE_SCHED_CLS }],
  ['tcx/ingress', { type: BPF_PROG_TYPE_SCHED_CLS, expectedAttachType: BPF_TCX_INGRESS }],
  ['xdp/cpumap', { type: BPF_PROG_TYPE_XDP, expectedAttachType: BPF_XDP_CPUMAP }],
  ['kprobe', { type: BPF_PROG_TYPE_KPROBE }],
  ['kprobe/tcp_v4_connect+16', { type: BPF_PROG_TYPE_KPROBE, attachTarget: 'tcp_v4_connect+16' }],
  [
    'uprobe.s//usr/bin/bash:readline',
    { type: BPF_PROG_TYPE_KPROBE, flags: BPF_F_SLEEPABLE, attachTarget: '/usr/bin/bash:readline' },
  ],
  ['tp/sched/sched_switch', { type: BPF_PROG_TYPE_TRACEPOINT, attachTarget: 'sched/sched_switch' }],
  ['xdp', { type: BPF_PROG_TYPE_XDP, expectedAttachType: BPF_XDP, attachTypeOptional: true }],
  [
    'fexit.s/tcp_close',
    {
      type: BPF_PROG_TYPE_TRACING,
      expectedAttachType: BPF_TRACE_FEXIT,
      flags: BPF_F_SLEEPABLE,
      attachesByBtf: true,
      attachTarget: 'tcp_close',
    },
  ],
  ['usdt.s', { type: BPF_PROG_TYPE_KPROBE, flags: BPF_F_SLEEPABLE, attachesByUprobes: true }],
  [
    'uprobe.multi//proc/self/exe:main',
    {
      type: BPF_PROG_TYPE_KPROBE,
      expectedAttachType: BPF_TRACE_UPROBE_MULTI,
      attachTarget: '/proc/self/exe:main',
    },
  ],
  ['freplace', { type: BPF_PROG_TYPE_EXT, attachesByBtf: true }],
  ['cgroup/connect_unix', { type: BPF_PROG_TYPE_CGROUP_SOCK_ADDR, expectedAttachType: BPF_CGROUP_UNIX_CONNECT }],
])('section %s stands for a program type', (name, rule) => {
  expect(sectionRule(name)).toEqual(rule);
});

test.each(['', 'fentry.m/x', 'syscall/x', 'tc/anything', 'xdp_drop', 'kprobes/x', 'tp_more', 'maps', '__proto__'])(
  'section %j says nothing',
  (name) => {
    expect(sectionRule(name)).toEqual({});
  },
);
