// Where the kernel cannot be reached: everything imports and parses; the first system call tells what is missing.
import assert from 'node:assert/strict';
import './all.mjs';
import { BpfMap, BpfObject, mount, NlbpfError, PacketSocket, PlatformError, RtNetlink } from 'nlbpf';

const object = BpfObject.open(new URL('bpf/guard.o', import.meta.resolve('nlbpf/package.json')));
assert.ok(object.spec.programs.length > 0);

const calls = {
  RtNetlink: () => new RtNetlink(),
  PacketSocket: () => new PacketSocket({ dev: 'lo' }),
  'BpfMap.create': () => BpfMap.create({ type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 }),
  'BpfObject.load': () => object.load(),
  mount: () => mount('tmpfs', '/nosuch', 'tmpfs'),
};
const messages = new Set();
for (const [name, call] of Object.entries(calls)) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof PlatformError && error instanceof NlbpfError, `${name}: ${error.stack}`);
    assert.equal(error.code, 'ERR_UNSUPPORTED_PLATFORM');
    assert.doesNotMatch(error.message, /\n/, `${name}: the message has several lines`);
    messages.add(error.message);
    return true;
  });
}
console.log([...messages].join('\n'));
