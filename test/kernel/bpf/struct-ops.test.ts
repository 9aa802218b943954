import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BpfError } from '../../../src/bpf/error.js';
import { BpfLink } from '../../../src/bpf/link.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { unpin } from '../../../src/bpf/pin.js';
import type { ObjectTypes } from '../../../src/bpf/typed.js';
import { BPF_F_LINK, BPF_MAP_TYPE_STRUCT_OPS, BPF_PROG_TYPE_STRUCT_OPS } from '../../../src/uapi/bpf.js';
import { runJson } from '../../support/command.js';
import { openFds } from '../../support/fds.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

test('structs of functions become maps of the kernel’s struct, and their functions programs', (context) => {
  requireFeature(context, 'struct_ops');
  using object = BpfObject.open(objectPath('struct_ops')).load();
  expect([...object.programs.keys()].sort()).toEqual(['avoid', 'half', 'undo']);
  expect(object.program('half').type).toBe(BPF_PROG_TYPE_STRUCT_OPS);
  const map = object.map('nlbpf_ops');
  expect(map.type).toBe(BPF_MAP_TYPE_STRUCT_OPS);
  // The kernel's struct with what it puts around it.
  expect(map.valueSize).toBeGreaterThan(object.spec.maps.find(({ name }) => name === 'nlbpf_ops')!.valueSize);
});

test('optional ones are created when asked for, and their functions loaded with them', (context) => {
  const path = objectPath('struct_ops_optional');
  using without = BpfObject.open(path).load();
  expect([without.programs.size, without.maps.size]).toEqual([0, 0]);
  requireFeature(context, 'struct_ops_link');
  using object = BpfObject.open(path, { maps: { optional: { autocreate: true } } }).load();
  expect([...object.programs.keys()]).toEqual(['half', 'avoid', 'undo']);
  expect(object.map('optional').info().flags & BPF_F_LINK).toBe(BPF_F_LINK);
});

/** What the kernel offers to sockets. */
const available = (): string[] =>
  readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'latin1').trim().split(' ');

/** The registered structs, as bpftool tells their names. */
const shown = (): string[] => runJson('bpftool', '-j', 'struct_ops', 'show').map(({ name }: { name: string }) => name);

describe('a struct of functions', () => {
  test('is registered, and taken back', (context) => {
    requireFeature(context, 'struct_ops');
    const before = openFds();
    using object = BpfObject.open(objectPath('struct_ops')).load();
    expect(available()).not.toContain('nlbpf');
    const registered = object.attachStructOps('nlbpf_ops');
    expect(available()).toContain('nlbpf');
    expect(shown()).toContain('nlbpf_ops');
    expect(() => object.attachStructOps('nlbpf_ops')).toThrow(BpfError);
    registered.close();
    registered.close();
    expect(available()).not.toContain('nlbpf');
    object.close();
    expect(openFds()).toBe(before);
  });

  test('is registered by a link, which may be pinned', (context) => {
    requireFeature(context, 'struct_ops_link');
    const pin = '/sys/fs/bpf/nlbpf-ops';
    using object = BpfObject.open(objectPath('struct_ops_optional'), {
      maps: { optional: { autocreate: true } },
    }).load();
    const link = object.attachStructOps('optional') as BpfLink;
    link.pin(pin);
    link.close();
    expect(available()).toContain('nlbpf_optional');
    using pinned = BpfLink.open(pin);
    unpin(pin);
    pinned.close();
    expect(available()).not.toContain('nlbpf_optional');
    // The value stays, and is registered once more.
    object.attachStructOps('optional').close();
  });

  test('is changed before it is loaded', (context) => {
    requireFeature(context, 'struct_ops');
    const opened = BpfObject.open<Changed>(objectPath('struct_ops'));
    const ops = opened.variables.nlbpf_ops;
    expect({ ...ops }).toEqual({
      init: undefined,
      ssthresh: 'half',
      cong_avoid: 'avoid',
      undo_cwnd: 'undo',
      name: 'nlbpf',
    });
    ops.name = 'nlbpf_changed';
    ops.cong_avoid = undefined;
    expect(() => {
      ops.init = 'nothing';
    }).toThrow('init: must be the name of a program of the object, is "nothing"');
    using object = opened.load();
    expect([...object.programs.keys()]).toEqual(['half', 'undo']);
    expect(object.variables.nlbpf_ops.name).toBe('nlbpf_changed');
    expect(() => {
      object.variables.nlbpf_ops.name = 'late';
    }).toThrow('name: is constant once the object is loaded; set it before');
    // It has to have one or the other (tcp_validate_congestion_control, net/ipv4/tcp_cong.c, v6.12).
    expect(() => object.attachStructOps('nlbpf_ops')).toThrow('EINVAL');
    ops.cong_avoid = 'avoid';
    using whole = opened.load();
    using registered = whole.attachStructOps('nlbpf_ops');
    expect([registered.closed, available().includes('nlbpf_changed')]).toEqual([false, true]);
  });

  test('needs its functions', (context) => {
    requireFeature(context, 'struct_ops');
    using object = BpfObject.open(objectPath('struct_ops')).load({ programs: ['half'] });
    expect(() => object.attachStructOps('nlbpf_ops')).toThrow('map nlbpf_ops: its function avoid is not loaded');
    expect(() => object.attachStructOps('half')).toThrow('struct_ops map half: the object has nlbpf_ops');
  });

  test('needs its types in the kernel', (context) => {
    requireFeature(context, 'struct_ops');
    const before = openFds();
    const { spec } = BpfObject.open(objectPath('struct_ops'));
    // The kernel wants typedefs to have names.
    const types = [...spec.btf!.types, { kind: 'typedef', name: '', type: 1, kindFlag: false } as const];
    expect(() => new BpfObject({ ...spec, btf: { ...spec.btf!, types } }).load()).toThrow('BPF_BTF_LOAD');
    expect(openFds()).toBe(before);
  });

  test('that nobody refers to is no program', () => {
    const opened = BpfObject.open(objectPath('functions'), { sections: { one: 'struct_ops/init' } });
    expect(() => opened.load({ programs: ['one'] })).toThrow('program one: no struct in section .struct_ops');
  });
});

interface Changed extends ObjectTypes {
  readonly variables: {
    readonly nlbpf_ops: { init: string | undefined; cong_avoid: string | undefined; name: string };
  };
}
