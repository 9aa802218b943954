import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { loadProgram } from '../../../src/bpf/program/load.js';
import { RtNetlink } from '../../../src/netlink/index.js';
import { TrafficControl } from '../../../src/tc/index.js';
import { ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 } from '../../../src/uapi/if_ether.js';
import { TCA_BPF_FLAG_ACT_DIRECT } from '../../../src/uapi/pkt_cls.js';
import { run, runJson } from '../../support/command.js';

/** `r0 = value; exit`, a program that a filter takes. */
function verdict(name: string, value: number) {
  const instructions = Uint8Array.of(0xb7, 0, 0, 0, value, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  return Object.assign(loadProgram({ name, type: 'sched_cls', instructions, license: 'GPL' }), { name });
}

const rt = new RtNetlink();
const tc = new TrafficControl(rt);
rt.links.add({ ifname: 'ft0', kind: 'veth', up: true, peer: { ifname: 'ft1' } });
rt.links.set('ft1', { up: true });
const pass = verdict('ftpass', 0);
const drop = verdict('ftdrop', 2);
afterAll(() => {
  pass.close();
  drop.close();
});

const oracle = (direction = 'ingress') =>
  runJson('tc', '-j', '-d', 'filter', 'show', 'dev', 'ft0', direction).filter(
    ({ options }: { options?: object }) => options,
  );
const ours = (parent: 'ingress' | 'egress' = 'ingress') => tc.filters.list({ dev: 'ft0', parent });
const priorities = () => ours().map(({ priority }) => priority);

beforeEach(() => {
  run('sh', '-c', 'tc qdisc del dev ft0 clsact 2>/dev/null; true');
  tc.qdiscs.add({ dev: 'ft0', kind: 'clsact' });
});

const bpf = { dev: 'ft0', parent: 'ingress', kind: 'bpf', directAction: true } as const;

describe('filters.add', () => {
  test('hangs a program on ingress, and reads back what tc and bpftool say', () => {
    tc.filters.add({ ...bpf, program: pass, priority: 7, handle: 1, protocol: ETH_P_IP });
    const [theirs] = oracle();
    expect(theirs).toMatchObject({
      protocol: 'ip',
      pref: 7,
      kind: 'bpf',
      chain: 0,
      options: { handle: '0x1', bpf_name: 'ftpass', 'direct-action': true },
    });
    const [filter] = ours();
    expect(filter).toMatchObject({
      kind: 'bpf',
      parent: 'ingress',
      priority: 7,
      handle: 1,
      protocol: ETH_P_IP,
      chain: 0,
      options: {
        name: 'ftpass',
        flags: TCA_BPF_FLAG_ACT_DIRECT,
        id: theirs.options.prog.id,
        tag: theirs.options.prog.tag,
      },
    });
    const program = runJson('bpftool', '-j', 'prog', 'show', 'id', String(theirs.options.prog.id));
    expect(program).toMatchObject({ name: 'ftpass', tag: theirs.options.prog.tag });
    expect(ours('egress')).toEqual([]);
  });

  test('on egress, on a chain, with priority and protocol left to the kernel', () => {
    tc.filters.add({ ...bpf, parent: 'egress', program: pass });
    tc.filters.add({ ...bpf, program: pass, chain: 5, priority: 3 });
    expect(oracle('egress')[0]).toMatchObject({ protocol: 'all', options: { bpf_name: 'ftpass' } });
    expect(ours('egress')).toMatchObject([{ protocol: ETH_P_ALL, parent: 'egress' }]);
    expect(ours('egress')[0]!.priority).toBe(oracle('egress')[0].pref);
    expect(oracle()[0]).toMatchObject({ chain: 5, pref: 3 });
    expect(tc.filters.list({ dev: 'ft0', parent: 'ingress', chain: 5 })).toMatchObject([{ chain: 5 }]);
  });

  test('with a name of its own, without direct action, with a class', () => {
    tc.filters.add({
      dev: 'ft0',
      parent: 'ingress',
      kind: 'bpf',
      priority: 1,
      program: pass,
      options: { name: 'my-name', classid: '1:10' },
    });
    expect(oracle()[0].options).toMatchObject({ bpf_name: 'my-name', flowid: '1:10' });
    expect(oracle()[0].options).not.toHaveProperty('direct-action');
    expect(ours()).toMatchObject([{ options: { name: 'my-name', classid: '1:10' } }]);
  });

  test('fails with what the kernel says', () => {
    tc.filters.add({ ...bpf, program: pass, priority: 7, handle: 1 });
    expect(() => tc.filters.add({ ...bpf, program: pass, priority: 7, handle: 1 })).toThrow(
      expect.objectContaining({ code: 'EEXIST', operation: 'filter add bpf at ingress on ft0' }),
    );
    expect(() => tc.filters.add({ ...bpf, program: { fd: 99_999 }, priority: 8 })).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    );
    expect(() => tc.filters.add({ ...bpf, dev: 'ftnone', program: pass })).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
    expect(() => tc.filters.add({ dev: 'ft0', parent: 'ingress', kind: 'u32', program: pass })).toThrow(
      "filter add u32 at ingress on ft0: program and directAction are settings of kind 'bpf'",
    );
    expect(() => tc.filters.add({ ...bpf, parent: '1:', program: pass })).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });
});

describe('filters.replace and change', () => {
  test('put another program in the place', () => {
    tc.filters.replace({ ...bpf, program: pass, priority: 7, handle: 1 });
    tc.filters.replace({ ...bpf, program: drop, priority: 7, handle: 1 });
    expect(oracle()).toHaveLength(1);
    expect(oracle()[0].options.bpf_name).toBe('ftdrop');
    tc.filters.change({ ...bpf, program: pass, priority: 7, handle: 1 });
    expect(ours()).toMatchObject([{ options: { name: 'ftpass' } }]);
    expect(() => tc.filters.change({ ...bpf, program: pass, priority: 9, handle: 1 })).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });
});

describe('filters.list, get and dump', () => {
  test('are in the order in which packets meet them, and filter by priority, protocol, kind and handle', () => {
    for (const priority of [30, 10, 20]) {
      tc.filters.add({ ...bpf, program: pass, priority, handle: 1 });
      tc.filters.add({ ...bpf, program: drop, priority, handle: 2 });
    }
    run(
      'tc',
      'filter',
      'add',
      'dev',
      'ft0',
      'ingress',
      'prio',
      '40',
      'protocol',
      'ipv6',
      'u32',
      'match',
      'u32',
      '0',
      '0',
    );
    expect(priorities()).toEqual([10, 10, 20, 20, 30, 30, 40, 40]);
    const list = (filter: object) => tc.filters.list({ dev: 'ft0', parent: 'ingress', ...filter });
    expect(
      list({ priority: 20 })
        .map(({ handle }) => handle)
        .sort(),
    ).toEqual([1, 2]);
    expect(list({ protocol: ETH_P_IPV6 }).every(({ kind }) => kind === 'u32')).toBe(true);
    expect(list({ kind: 'bpf' })).toHaveLength(6);
    expect(list({ handle: 2 })).toHaveLength(3);
    expect(tc.filters.get({ dev: 'ft0', parent: 'ingress', priority: 20, handle: 2, kind: 'bpf' })).toMatchObject({
      options: { name: 'ftdrop' },
    });
    expect([...tc.filters.dump({ dev: 'ft0', parent: 'ingress' })].length).toBeGreaterThan(8);
  });
});

describe('filters.delete', () => {
  test('deletes one, all of a priority, all', () => {
    for (const [priority, handle] of [
      [10, 1],
      [10, 2],
      [20, 1],
      [30, 1],
    ] as const) {
      tc.filters.add({ ...bpf, program: pass, priority, handle });
    }
    tc.filters.delete({ dev: 'ft0', parent: 'ingress', priority: 10, handle: 1, kind: 'bpf', protocol: ETH_P_ALL });
    expect(priorities()).toEqual([10, 20, 30]);
    tc.filters.delete({ dev: 'ft0', parent: 'ingress', priority: 20 });
    expect(priorities()).toEqual([10, 30]);
    tc.filters.delete({ dev: 'ft0', parent: 'ingress' });
    expect(priorities()).toEqual([]);
    expect(oracle()).toEqual([]);
  });
});

describe('what was read can be given back', () => {
  test('to delete, and to add with the program', () => {
    tc.filters.add({ ...bpf, program: pass, priority: 7, handle: 1, protocol: ETH_P_IP });
    const [read] = ours();
    const before = oracle();
    tc.filters.delete({ ...read!, dev: 'ft0', kind: 'bpf' });
    expect(ours()).toEqual([]);
    tc.filters.add({ ...read!, kind: 'bpf', program: pass } as Parameters<typeof tc.filters.add>[0]);
    expect(oracle()).toEqual(before);
  });

  test('of a kind without a schema, whole', () => {
    run(
      'tc',
      'filter',
      'add',
      'dev',
      'ft0',
      'ingress',
      'prio',
      '4',
      'protocol',
      'ip',
      'u32',
      'match',
      'ip',
      'dst',
      '10.0.0.1/32',
      'flowid',
      '1:1',
    );
    const [hashTable, match] = ours();
    expect([hashTable!.kind, match!.kind]).toEqual(['u32', 'u32']);
    expect(match!.unknown?.map(({ type }) => type)).toEqual([2]);
  });
});

test('the same as promises', async () => {
  await tc.async.filters.add({ ...bpf, program: pass, priority: 7, handle: 1 });
  expect(await tc.async.filters.list({ dev: 'ft0', parent: 'ingress' })).toMatchObject([{ priority: 7 }]);
  const seen: number[] = [];
  for await (const { priority } of tc.async.filters.dump({ dev: 'ft0', parent: 'ingress' })) seen.push(priority);
  expect(seen).toContain(7);
  const aborted = AbortSignal.abort(new Error('too late'));
  await expect(tc.async.qdiscs.list('ft0', { signal: aborted })).rejects.toThrow('too late');
});
