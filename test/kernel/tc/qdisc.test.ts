import { afterEach, describe, expect, test } from 'vitest';
import { RtNetlink } from '../../../src/netlink/index.js';
import { TrafficControl } from '../../../src/tc/index.js';
import { run, runJson } from '../../support/command.js';
import { requireFeature } from '../../support/features.js';

const rt = new RtNetlink();
const tc = new TrafficControl(rt);
rt.links.add({ ifname: 'qt0', kind: 'veth', up: true, peer: { ifname: 'qt1' } });
const oracle = () => runJson('tc', '-j', '-s', '-d', 'qdisc', 'show', 'dev', 'qt0');
const kinds = () => oracle().map(({ kind }: { kind: string }) => kind);

afterEach(() => {
  for (const parent of ['root', 'clsact'] as const) {
    try {
      tc.qdiscs.delete({ dev: 'qt0', parent });
    } catch {
      // there was none
    }
  }
});

describe('qdiscs', () => {
  test('clsact is added, read and deleted as tc does it', () => {
    tc.qdiscs.add({ dev: 'qt0', kind: 'clsact' });
    const theirs = oracle().find(({ kind }: { kind: string }) => kind === 'clsact');
    expect(theirs).toMatchObject({ kind: 'clsact', handle: 'ffff:', parent: 'ffff:fff1' });
    expect(tc.qdiscs.list('qt0').find(({ kind }) => kind === 'clsact')).toMatchObject({
      handle: 'ffff:',
      parent: 'clsact',
      ifindex: rt.links.get('qt0').index,
    });
    expect(() => tc.qdiscs.add({ dev: 'qt0', kind: 'clsact' })).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    tc.qdiscs.delete({ dev: 'qt0', parent: 'clsact' });
    expect(kinds()).not.toContain('clsact');
    expect(() => tc.qdiscs.delete({ dev: 'qt0', parent: 'clsact' })).toThrow(
      expect.objectContaining({ operation: 'qdisc delete clsact on qt0' }),
    );
  });

  test('ingress as well', () => {
    tc.qdiscs.add({ dev: 'qt0', kind: 'ingress' });
    expect(kinds()).toContain('ingress');
    expect(tc.qdiscs.get({ dev: 'qt0', handle: 'ffff:' }).kind).toBe('ingress');
  });

  test('a kind without a schema keeps its options, and makes the same again', () => {
    run('tc', 'qdisc', 'add', 'dev', 'qt0', 'root', 'handle', '1:', 'pfifo', 'limit', '77');
    const read = tc.qdiscs.get({ dev: 'qt0', parent: 'root' });
    expect(read).toMatchObject({ kind: 'pfifo', handle: '1:', parent: 'root' });
    expect(tc.qdiscs.get({ dev: 'qt0', handle: '1:' })).toEqual(read);
    const [before] = oracle();
    expect(before.options).toEqual({ limit: 77 });
    tc.qdiscs.delete({ dev: 'qt0' });
    tc.qdiscs.add(read);
    expect(oracle()).toEqual([before]);
    tc.qdiscs.replace({ ...read, handle: '2:' });
    expect(oracle()).toMatchObject([{ handle: '2:', options: { limit: 77 } }]);
  });

  test('list and dump agree with tc', (context) => {
    requireFeature(context, 'htb');
    tc.qdiscs.add({ dev: 'qt0', kind: 'clsact' });
    run('tc', 'qdisc', 'add', 'dev', 'qt0', 'root', 'handle', '1:', 'htb');
    const theirs = runJson('tc', '-j', '-s', 'qdisc', 'show');
    const ours = tc.qdiscs.list();
    expect(ours.map(({ kind }) => kind)).toEqual(theirs.map(({ kind }: { kind: string }) => kind));
    expect([...tc.qdiscs.dump()].map(({ ifindex }) => ifindex)).toEqual(ours.map(({ ifindex }) => ifindex));
    expect(
      tc.qdiscs
        .list('qt0')
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['clsact', 'htb']);
    const htb = ours.find(({ kind }) => kind === 'htb')!;
    const their = theirs.find(({ kind }: { kind: string }) => kind === 'htb');
    expect(htb.stats2?.basic).toMatchObject({ bytes: BigInt(their.bytes), packets: their.packets });
    expect(htb.stats2?.queue).toMatchObject({ qlen: their.qlen, drops: their.drops, overlimits: their.overlimits });
    expect(htb.unknown?.map(({ type }) => type)).toEqual([2]); // TCA_OPTIONS of a kind without a schema
  });

  test('of what is not there', () => {
    expect(() => tc.qdiscs.add({ dev: 'qtnone', kind: 'clsact' })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => tc.qdiscs.add({ dev: 'qt0', kind: 'nosuchkind' })).toThrow(
      expect.objectContaining({ code: 'ENOENT', kernelMessage: 'Specified qdisc kind is unknown' }),
    );
    expect(() => tc.qdiscs.add({ dev: 'qt0', kind: 'clsact', parent: 'nonsense' })).toThrow(
      /^qdisc add clsact on qt0: parent: must be a handle such as '1:' or '1:10'/,
    );
  });
});
