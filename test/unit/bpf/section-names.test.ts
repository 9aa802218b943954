import { expect, test } from 'vitest';
import { sectionRule } from '../../../src/bpf/section-names.js';
import {
  BPF_F_SLEEPABLE,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_XDP,
  BPF_TCX_INGRESS,
  BPF_XDP_CPUMAP,
} from '../../../src/uapi/bpf.js';

test.each([
  ['tc', { type: BPF_PROG_TYPE_SCHED_CLS }],
  ['tcx/ingress', { type: BPF_PROG_TYPE_SCHED_CLS, expectedAttachType: BPF_TCX_INGRESS }],
  ['xdp/cpumap', { type: BPF_PROG_TYPE_XDP, expectedAttachType: BPF_XDP_CPUMAP }],
  ['kprobe', { type: BPF_PROG_TYPE_KPROBE }],
  ['kprobe/tcp_v4_connect+16', { type: BPF_PROG_TYPE_KPROBE }],
  ['uprobe.s//usr/bin/bash:readline', { type: BPF_PROG_TYPE_KPROBE, flags: BPF_F_SLEEPABLE }],
  ['tp/sched/sched_switch', { type: BPF_PROG_TYPE_TRACEPOINT }],
])('section %s stands for a program type', (name, rule) => {
  expect(sectionRule(name)).toEqual(rule);
});

test.each(['', 'tc/anything', 'xdp_drop', 'kprobes/x', 'tp_more', 'maps', '__proto__'])(
  'section %j says nothing',
  (name) => {
    expect(sectionRule(name)).toEqual({});
  },
);
