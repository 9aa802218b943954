// A program of somebody who has installed nlbpf. As root in fresh network and mount namespaces: unshare -mn.
import assert from 'node:assert/strict';
import { BpfObject, mount, NetNs, RtNetlink, TrafficControl } from 'nlbpf';
import type { Device } from 'nlbpf/netlink';
import { SystemError } from 'nlbpf/sys';
import { formatHandle } from 'nlbpf/tc';
import { TC_H_CLSACT } from 'nlbpf/uapi/pkt_sched';
import { decode, ipv4 } from 'nlbpf/wire';

assert.equal(formatHandle(TC_H_CLSACT), 'clsact');
assert.equal(decode(ipv4, Uint8Array.of(10, 9, 8, 1)), '10.9.8.1');

mount('tmpfs', '/run', 'tmpfs');
assert.throws(() => mount('tmpfs', '/run/nosuch', 'tmpfs'), SystemError);
using netns = NetNs.create('inner');
using rt = new RtNetlink();
using inside = new RtNetlink({ netns });

rt.links.add({ ifname: 'outside0', kind: 'veth', peer: { ifname: 'inside0', netns } });
rt.links.set('outside0', { up: true });
inside.links.set('inside0', { up: true });
rt.addresses.add({ dev: 'outside0', address: '10.9.8.1/24' });
const { kind, index } = rt.links.get('outside0');
assert.equal(kind, 'veth');
const dev: Device = index;
const addresses = [...rt.addresses.list({ dev })].map(({ address }) => address);
assert.ok(addresses.includes('10.9.8.1/24'), `${addresses}`);

const file = new URL('bpf/guard.o', import.meta.resolve('nlbpf/package.json'));
using object = BpfObject.open(file).load();
const verdicts = object.map<number, bigint>('verdicts');
assert.equal(verdicts.info().maxEntries, 2);
verdicts.set(0, 2n ** 63n);
assert.equal(verdicts.get(0), 2n ** 63n);
assert.equal(verdicts.get(1), 0n);

const tc = new TrafficControl(inside);
tc.qdiscs.add({ dev: 'inside0', kind: 'clsact' });
tc.filters.add({
  dev: 'inside0',
  parent: 'ingress',
  kind: 'bpf',
  program: object.program('guard'),
  directAction: true,
});
const filters = [...tc.filters.list({ dev: 'inside0', parent: 'ingress' })].filter(({ handle }) => handle !== 0);
assert.equal(filters.length, 1);
assert.equal(filters[0]?.kind, 'bpf');
assert.equal(filters[0]?.parent, 'ingress');

tc.qdiscs.delete({ dev: 'inside0', parent: 'clsact' });
await rt.async.links.delete('outside0');
netns.delete();
assert.deepEqual(NetNs.list(), []);
assert.ok([...rt.links.list()].every(({ ifname }) => ifname !== 'outside0'));
