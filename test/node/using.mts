// `using` in a caller's program, which imports the built package: it runs as it stands where Node.js has `using`, and
// as TypeScript lowers it elsewhere.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { BpfMap, ClosedError, NetNs, RtNetlink } from 'nlbpf';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

// What stays open from the first use on is not counted.
new RtNetlink().close();
const before = descriptors();

function atTheEndOfTheBlock(): RtNetlink {
  using rt = new RtNetlink();
  assert.equal(rt.links.get('lo').index, 1);
  assert.equal(descriptors(), before + 1);
  return rt;
}
assert.throws(() => atTheEndOfTheBlock().links.get('lo'), ClosedError);

function whenSomethingThrows(): void {
  using netns = NetNs.current();
  using rt = new RtNetlink({ netns });
  rt.links.get('nosuch');
}
assert.throws(whenSomethingThrows, { name: 'NetlinkError', code: 'ENODEV' });

async function acrossAnAwait(): Promise<BpfMap> {
  using map = BpfMap.create({ type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
  using rt = new RtNetlink();
  assert.equal((await rt.async.links.get(1)).ifname, 'lo');
  assert.equal(map.closed, false);
  return map;
}
assert.equal((await acrossAnAwait()).closed, true);

for (let round = 0; round < 100; round++) {
  using rt = new RtNetlink();
  rt.links.list();
}
assert.equal(descriptors(), before);
