import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BpfError, UnsupportedError, VerifierError } from '../../../src/bpf/error.js';
import type { LoadedObject } from '../../../src/bpf/loaded-object.js';
import { BpfMap } from '../../../src/bpf/map/map.js';
import { IncompatibleMapError } from '../../../src/bpf/map/reuse.js';
import { BpfObject, type LoadOptions, type OpenOptions } from '../../../src/bpf/object.js';
import { ObjectError } from '../../../src/bpf/object-error.js';
import { u32, u64 } from '../../../src/wire/integers.js';
import { run, runJson } from '../../support/command.js';
import { openFds } from '../../support/fds.js';
import { objectPath } from '../../support/objects.js';

const PINS = '/sys/fs/bpf/nlbpf';
const load = (name: string, options?: LoadOptions, open?: OpenOptions): LoadedObject =>
  BpfObject.open(objectPath(name), open).load({ pinDirectory: PINS, ...options });

test('an object of GCC loads, though the kernel refuses its types', () => {
  using object = load('slots.gcc');
  expect(object.btfError).toBeInstanceOf(BpfError);
  expect([0, 1, 2, 3].filter((slot) => object.map('outer').get(slot) !== undefined)).toEqual([1, 3]);
});

describe('maps', () => {
  test('are typed by BTF, for us and for bpftool', () => {
    using object = load('maps');
    expect(object.btfError).toBeUndefined();
    const table = object.map('table');
    const value = { ...structuredClone(EMPTY), name: 'eth0', packets: 7n, color: -1, low: 3 };
    table.set({ x: 1, y: -2 }, { name: 'eth0', packets: 7n, color: -1, low: 3 });
    expect([...table]).toEqual([[{ x: 1, y: -2 }, value]]);
    using counters = load('functions');
    counters.map('counters').set(2, 9n);
    const dumped = runJson('bpftool', '-j', 'map', 'dump', 'id', String(counters.map('counters').info().id));
    expect(dumped[2].formatted).toEqual({ key: 2, value: 9 });
    run('rm', '-r', PINS);
  });

  test('are typed by codecs that are given, through a handle of its own', () => {
    using object = load('functions');
    object.map('counters', { key: u32, value: u64 }).set(3, 5n);
    expect([...object.map('counters')]).toEqual([
      [0, 0n],
      [1, 0n],
      [2, 0n],
      [3, 5n],
    ]);
    expect(object.map('counters')).toBe(object.maps.get('counters'));
  });

  test('may be changed before they are created', () => {
    using object = load('functions', {}, { maps: { counters: { maxEntries: 7 } } });
    expect(object.map('counters').maxEntries).toBe(7);
    expect(() => BpfObject.open(objectPath('functions'), { maps: { counter: {} } })).toThrow(
      'map counter: the object has counters',
    );
  });

  test('that are pinned are used again', () => {
    using first = load('maps');
    using second = load('maps');
    expect(second.map('sizes_only').info().id).toBe(first.map('sizes_only').info().id);
    expect(second.map('table').info().id).not.toBe(first.map('table').info().id);
    run('rm', '-r', PINS);
  });

  test('that are pinned with another shape are refused', () => {
    using _first = load('maps');
    const before = openFds();
    expect(() => load('maps', {}, { maps: { sizes_only: { valueSize: 12 } } })).toThrow(IncompatibleMapError);
    expect(openFds()).toBe(before);
    run('rm', '-r', PINS);
  });

  test('may be left out, with what uses them', () => {
    const opened = BpfObject.open(objectPath('functions'), { maps: { counters: { autocreate: false } } });
    using object = opened.load({ programs: ['none'] });
    expect([...object.maps.keys()]).toEqual([]);
    expect(() => opened.load({ programs: ['one'] })).toThrow(/counters, which is not created/);
  });

  test('may be left out where a constant keeps programs from them', () => {
    const changes = { extra: { autocreate: false }, '.data.tallies': { autocreate: false } };
    const opened = BpfObject.open(objectPath('optional'), { maps: changes });
    expect(() => opened.load()).toThrow(VerifierError);
    expect(() => opened.load()).toThrow('it uses map .data.tallies, which is not created');
    opened.variables['with_extra'] = 0;
    using object = opened.load();
    expect(object.program('counting').testRun({ data: new Uint8Array(64) }).retval).toBe(7);
    expect([...object.maps.keys()]).toEqual(['.rodata']);
  });

  test('of maps and of programs are filled', () => {
    using object = load('slots');
    const ids = [1, 3].map((index) => object.map('outer', { key: u32, value: u32 }).get(index));
    expect(ids).toEqual(['one', 'two'].map((name) => object.map(name).info().id));
    expect(object.map('outer').has(0)).toBe(false);
    expect(object.program('calling').testRun({ data: new Uint8Array(64) }).retval).toBe(42);
  });

  test('that hold global data are filled, frozen if constant, and seen by programs', () => {
    using object = load('globals');
    expect(object.map('.rodata').get(0)).toMatchObject({ limit: 1500, hidden: 0x1122334455667788n });
    expect(object.map('.rodata').info().frozen).toBe(true);
    expect(() => object.map('.rodata').set(0, {})).toThrow(BpfError);
    expect(object.map('.data').get(0)).toEqual({ counter: 5 });
    expect(object.program('global').testRun({ data: new Uint8Array(64) }).retval).toBe(64 - 14);
    expect(object.map('.data').get(0)).toEqual({ counter: 6 });
    expect(object.map('.bss').get(0)).toMatchObject({ scratch: 50 });
  });
});

describe('global variables', () => {
  test('are set before the object is loaded', () => {
    const opened = BpfObject.open(objectPath('globals'));
    expect({ ...opened.variables }).toMatchObject({ limit: 1500, counter: 5, scratch: 0, totals: [0n, 0n, 0n, 0n] });
    opened.variables['limit'] = 20;
    opened.variables['counter'] = 7;
    opened.variables['totals'] = [1n];
    using object = opened.load();
    expect(object.program('global').testRun({ data: new Uint8Array(64) }).retval).toBe(20);
    expect({ ...object.variables }).toMatchObject({ limit: 20, counter: 8, scratch: 50 });
    expect(BpfObject.open(objectPath('globals')).variables['limit']).toBe(1500);
  });

  test('are read and set while programs run', () => {
    using object = load('globals');
    object.variables['counter'] = 40;
    object.program('global').testRun({ data: new Uint8Array(64), repeat: 2 });
    expect(object.variables['counter']).toBe(42);
    expect(object.map('.data').get(0)).toEqual({ counter: 42 });
    expect(() => {
      object.variables['limit'] = 1;
    }).toThrow('variable limit: is constant once the object is loaded; set it before');
    expect(() => {
      object.variables['counter'] = 'many';
    }).toThrow('variable counter');
    expect(() => {
      object.variables['missing'] = 1;
    }).toThrow(TypeError);
  });

  test('are gone once the object is closed', () => {
    const object = load('globals');
    expect(object.variables['counter']).toBe(5);
    object.close();
    expect(() => object.variables['counter']).toThrow('closed');
    expect(() => object.variables['limit']).toThrow('closed');
  });
});

/** A value of `struct everything` that is all zeros. */
const EMPTY = {
  ...{ name: '', mac: new Uint8Array(6), up: false, small: 0, ports: [0, 0, 0], color: 0, packets: 0n, offset: 0n },
  ...{
    large: 0n,
    points: [
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ],
    v4: 0,
    v6: new Uint8Array(16),
    low: 0,
    middle: 0,
    high: 0,
  },
  ...{ wide: 0n, bit: false, pointer: 0n, ratio: 0, last: 0 },
};

describe('the legacy form of iproute2', () => {
  const types = { l2_to_iptun_ingress_forward: 'sched_cls', ingress_redirect: 'sched_cls' } as const;

  test.each(['legacy_maps', 'legacy_maps.nobtf'])('%s: loads, and is pinned under tc/globals', (name) => {
    using object = load(name, {}, { programTypes: types });
    expect(existsSync('/sys/fs/bpf/tc/globals/tun_iface')).toBe(true);
    expect(object.program('l2_to_iptun_ingress_redirect')).toBe(object.program('ingress_redirect'));
    object.map('tun_iface', { key: u32, value: u32 }).set(0, 77);
    expect(runJson('bpftool', '-j', 'map', 'dump', 'pinned', '/sys/fs/bpf/tc/globals/tun_iface')).toMatchObject([
      { value: ['0x4d', '0x00', '0x00', '0x00'] },
    ]);
    using again = load(name, {}, { programTypes: types });
    expect(again.map('tun_iface').get(0)).toEqual(Uint8Array.of(77, 0, 0, 0));
    run('rm', '-r', '/sys/fs/bpf/tc');
  });

  test('pins in a folder called by the hash of the object', () => {
    using object = load('legacy_pins');
    const [hash] = run('sha1sum', objectPath('legacy_pins')).split(' ');
    using map = BpfMap.open(`/sys/fs/bpf/tc/${hash}/own`);
    expect(map.info().id).toBe(object.map('own').info().id);
    run('rm', '-r', '/sys/fs/bpf/tc');
  });

  test('links maps and programs by their numbers', () => {
    using object = load('legacy_links', {}, { programTypes: { '0x2a/1': 'sched_cls' } });
    object.map('inner', { key: u32, value: u32 }).set(0, 100);
    expect(object.program('entry').testRun({ data: new Uint8Array(64) }).retval).toBe(164);
  });

  test('wants to be told the types of its programs', () => {
    expect(() => load('legacy_maps')).toThrow(ObjectError);
    expect(() => load('legacy_maps')).toThrow('section l2_to_iptun_ingress_forward does not tell its type');
  });
});

describe('all or nothing', () => {
  test.each<[string, string, OpenOptions, abstract new (...args: never[]) => Error]>([
    [
      'a program that the verifier refuses',
      'legacy_maps',
      { programTypes: { ingress_forward: 'xdp', ingress_redirect: 'sched_cls' } },
      VerifierError,
    ],
    ['a map that the kernel refuses', 'maps', { maps: { events: { maxEntries: 0 } } }, BpfError],
    ['a kernel function', 'core', {}, ObjectError],
  ])('%s leaves no descriptor, pin or directory behind', (_, name, options, error) => {
    const before = openFds();
    const pins = readdirSync('/sys/fs/bpf');
    expect(() => load(name, {}, options)).toThrow(error);
    expect(openFds()).toBe(before);
    expect(readdirSync('/sys/fs/bpf')).toEqual(pins);
  });

  test('closing closes every handle', () => {
    const before = openFds();
    const object = load('functions');
    const map = object.map('counters');
    object.map('counters', { key: u32, value: u64 });
    object.close();
    object.close();
    expect(openFds()).toBe(before);
    expect(() => map.get(0)).toThrow('closed');
  });

  test('programs may be chosen, also those in optional sections', () => {
    using object = load('sections', { programs: ['optional', 'classify'] });
    expect([...object.programs.keys()]).toEqual(['optional', 'classify']);
    expect(object.program('tcx/egress').info()).toMatchObject({ name: 'optional', typeName: 'sched_cls' });
    expect(() => object.program('frags')).toThrow('program frags: the object has optional, classify');
  });
});

test('a kernel that refuses the types of an object is told of', () => {
  const { spec } = BpfObject.open(objectPath('functions'));
  const types = spec.btf!.types.map((type) => (type.kind === 'struct' ? { ...type, size: 1 } : type));
  using object = new BpfObject({ ...spec, btf: { ...spec.btf!, types } }).load();
  expect(object.btfError).toBeInstanceOf(BpfError);
  expect(object.btfError).not.toBeInstanceOf(UnsupportedError);
  expect(object.program('one').info().btfId).toBe(0);
});
