// Loads the sample's object and says what is in the kernel then; fails on anything but what the sample is made for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { BpfObject } from 'nlbpf';

const PIN = '/sys/fs/bpf/tc/globals/tun_iface';
const bpftool = (...args) => JSON.parse(execFileSync('bpftool', ['-j', ...args], { encoding: 'utf8' }));

execFileSync('mount', ['-t', 'bpf', 'bpf', '/sys/fs/bpf']);
const sample = BpfObject.open(process.argv[2]);
const programTypes = Object.fromEntries(sample.spec.programs.map(({ name }) => [name, 'sched_cls']));
const object = BpfObject.open(process.argv[2], { programTypes }).load();

const pinned = bpftool('map', 'show', 'pinned', PIN);
const held = object.map('tun_iface').info();
assert.deepEqual(
  [pinned.id, pinned.type, pinned.bytes_key, pinned.bytes_value, pinned.max_entries],
  [held.id, 'array', 4, 4, 1],
);
for (const [name, program] of object.programs) {
  const { id, tag } = program.info();
  const shown = bpftool('prog', 'show', 'id', String(id));
  assert.deepEqual([shown.type, shown.tag], ['sched_cls', tag]);
  console.log(`${name}: program ${id}, tag ${tag}, maps ${shown.map_ids ?? 'none'}`);
}
console.log(`tun_iface: map ${pinned.id}, pinned as ${PIN}`);
object.close();
