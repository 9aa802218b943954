import { describe, expect, test } from 'vitest';
import { BpfError, VerifierError } from '../../../src/bpf/error.js';
import { BpfObject, type LoadOptions } from '../../../src/bpf/object.js';
import { ObjectError } from '../../../src/bpf/object-error.js';
import { BPF_PROG_TYPE_EXT, BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACING } from '../../../src/uapi/bpf.js';
import { ENOENT } from '../../../src/uapi/errno.js';
import { runJson } from '../../support/command.js';
import { openFds } from '../../support/fds.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

const unresolved = BpfObject.open(objectPath('unresolved'));
const only = (name: string, options?: LoadOptions) => unresolved.load({ programs: [name], ...options });

describe('a program that attaches to another program', () => {
  test('replaces a function of it', (context) => {
    requireFeature(context, 'tracing');
    using host = BpfObject.open(objectPath('targets')).load({ programs: ['host'] });
    using object = only('replacement', { attach: { replacement: { program: host.program('host') } } });
    expect(object.program('replacement').type).toBe(BPF_PROG_TYPE_EXT);
  });

  test('or traces one', (context) => {
    requireFeature(context, 'tracing');
    using host = BpfObject.open(objectPath('targets')).load({ programs: ['host'] });
    using object = only('aimless', { attach: { fentry: { target: 'replaceable', program: host.program('host') } } });
    expect(object.program('aimless').type).toBe(BPF_PROG_TYPE_TRACING);
  });

  test('wants to be told which, and to find the function there', () => {
    using host = BpfObject.open(objectPath('targets')).load({ programs: ['host'] });
    const before = openFds();
    expect(() => only('replacement')).toThrow(
      'program replacement: replaces replaceable of another program; say which, as in attach: { replacement: { program } }',
    );
    const attach = { replacement: { target: 'nothing', program: host.program('host') } };
    expect(() => only('replacement', { attach })).toThrow(
      'program replacement: attaches to nothing, which program host does not have',
    );
    expect(openFds()).toBe(before);
  });
});

describe('a program that attaches to the kernel', () => {
  test.each([
    ['aimless', {}, 'program aimless: section fentry does not say what it attaches to; say it in attach'],
    [
      'missed',
      {},
      'program missed: attaches to no_such_function, which the kernel does not have (func no_such_function)',
    ],
    [
      'missed',
      { missed: { target: 'a:b' } },
      'program missed: attaches to a:b, which the kernel does not have (func b)',
    ],
  ])('%s with %j is refused', (name, attach, message) => {
    expect(() => only(name, { attach })).toThrow(ObjectError);
    expect(() => only(name, { attach })).toThrow(message);
  });
});

test('programs for many places load', (context) => {
  requireFeature(context, 'uprobe_multi');
  const programs = ['at_many', 'after_many', 'in_many', 'in_many_asleep', 'traced_asleep'];
  using object = BpfObject.open(objectPath('probes_newer')).load({ programs });
  expect([...object.programs.values()].map(({ type }) => type)).toEqual(programs.map(() => BPF_PROG_TYPE_KPROBE));
});

test('global functions get the context as it is tagged, on kernels that know the tag and others', () => {
  using object = BpfObject.open(objectPath('context')).load();
  expect([...object.programs.keys()]).toEqual(['probed', 'traced', 'classified']);
});

test('bpftool finds the notes of an object, which no program reads', () => {
  using object = BpfObject.open(objectPath('probes')).load({ programs: ['at_one'] });
  const { map_ids } = runJson('bpftool', '-j', 'prog', 'show', 'id', String(object.program('at_one').info().id));
  expect(map_ids).toEqual([object.map('.rodata').info().id]);
});

describe('a module', () => {
  test('has functions that programs call', (context) => {
    requireFeature(context, 'conntrack_module');
    const before = openFds();
    using object = BpfObject.open(objectPath('module')).load();
    expect(object.program('tracked').testRun({ data: new Uint8Array(64) }).retval).toBe(-ENOENT >>> 0);
    object.close();
    expect(openFds()).toBe(before);
  });

  test('has functions that programs trace', (context) => {
    requireFeature(context, 'conntrack_module');
    using object = BpfObject.open(objectPath('module')).load({ programs: ['traced'] });
    expect(object.program('traced').type).toBe(BPF_PROG_TYPE_TRACING);
  });
});

describe('a kernel function that is missing', () => {
  test('is no harm to a program that looks first', () => {
    using object = only('guarded');
    expect(object.program('guarded').testRun({ data: new Uint8Array(64) }).retval).toBe(7);
  });

  test('is one to a program that does not', () => {
    expect(() => only('unguarded')).toThrow(VerifierError);
    expect(() => only('unguarded')).toThrow('bpf_no_such_kfunc');
    expect(() => only('unguarded')).toThrow(BpfError);
  });
});

test('a program may throw', (context) => {
  requireFeature(context, 'exceptions');
  using object = BpfObject.open(objectPath('exceptions')).load();
  expect(object.program('throwing').testRun({ data: new Uint8Array(64) }).retval).toBe(65);
});
