import { afterAll, beforeAll, expect, test } from 'vitest';
import { BatchError } from '../../../src/netlink/batch.js';
import { RtNetlink } from '../../../src/netlink/rtnetlink.js';
import { TrafficControl } from '../../../src/tc/traffic-control.js';
import { runJson } from '../../support/command.js';

let rt: RtNetlink;
let oif: number;
beforeAll(() => {
  rt = new RtNetlink();
  rt.links.set('lo', { up: true });
  oif = rt.links.get('lo').index;
});
afterAll(() => rt.close());

const prefixes = (count: number, net = 10) =>
  Array.from({ length: count }, (_, i) => `${net}.${i >> 8}.${i & 255}.1/32`);
const routes = () => runJson('ip', '-j', 'route', 'show', 'table', 'main');

function failures(call: () => void) {
  try {
    call();
  } catch (error) {
    if (error instanceof BatchError) return error.failures;
    throw error;
  }
  return [];
}

test('many routes are added and deleted, in order', () => {
  rt.batch(() => {
    for (const dst of prefixes(1000)) rt.routes.add({ dst, oif });
  });
  expect(routes().length).toBe(1000);
  rt.batch(() => {
    for (const dst of prefixes(1000)) rt.routes.delete({ dst });
  });
  expect(routes()).toEqual([]);
});

test('all refusals of a full batch are told, each with what the kernel said', () => {
  const add = () =>
    rt.batch(() => {
      for (const dst of prefixes(300)) rt.routes.add({ dst, oif });
    });
  add();
  const failed = failures(add);
  expect(failed.map(({ index }) => index)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  for (const { error } of failed) expect(error).toMatchObject({ code: 'EEXIST' });
  expect(failed[299]!.error.message).toMatch(/^route add 10\.1\.43\.1\/32: /);
  rt.batch(() => {
    for (const dst of prefixes(300)) rt.routes.delete({ dst });
  });
});

test('links, addresses, qdiscs and questions go together, and see what came before them', () => {
  const tc = new TrafficControl(rt);
  const seen = rt.batch(() => {
    rt.links.add({ ifname: 'bt0', kind: 'veth', peer: { ifname: 'bt1' } });
    rt.links.set('bt0', { up: true });
    rt.addresses.add({ dev: 'bt0', address: '10.77.0.1/24' });
    tc.qdiscs.add({ dev: 'bt0', kind: 'clsact' });
    expect([...rt.links.dump()].map((link) => link.ifname)).toContain('bt1');
    rt.links.set('bt1', { mtu: 1400 });
    return rt.links.get('bt1');
  });
  expect(seen.mtu).toBe(1400);
  expect(runJson('tc', '-j', 'qdisc', 'show', 'dev', 'bt0')).toMatchObject([{}, { kind: 'clsact' }]);
  rt.links.delete('bt0');
});

test('one failure does not stop the others; a batch in a batch is one batch', () => {
  const failed = failures(() =>
    rt.batch(() => {
      rt.routes.add({ dst: '10.9.0.0/24', oif });
      rt.batch(() => rt.routes.add({ dst: '10.9.1.0/24', oif: 999 }));
      rt.routes.add({ dst: '10.9.2.0/24', oif });
    }),
  );
  expect(failed).toMatchObject([{ index: 1, error: { code: 'ENODEV', operation: 'route add 10.9.1.0/24' } }]);
  expect(routes().map((route: { dst: string }) => route.dst)).toEqual(['10.9.0.0/24', '10.9.2.0/24']);
});

test('what the function throws ends the batch, after what came before it', () => {
  const call = () =>
    rt.batch(() => {
      rt.routes.add({ dst: '10.8.0.0/24', oif });
      throw new Error('enough');
    });
  expect(call).toThrow('enough');
  expect(routes()).toContainEqual(expect.objectContaining({ dst: '10.8.0.0/24' }));
  rt.routes.add({ dst: '10.8.1.0/24', oif });
});
