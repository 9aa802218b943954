// Loads each object below a folder by bpftool and by nlbpf: both load it, with the same programs by their tags, or neither.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BpfObject, NlbpfError } from 'nlbpf';

const BPFFS = '/sys/fs/bpf';

/** Runs something on a BPF file system of its own: what it pins goes with it. */
function onBpffs(what) {
  execFileSync('mount', ['-t', 'bpf', 'bpf', BPFFS]);
  try {
    return what();
  } finally {
    execFileSync('umount', [BPFFS]);
  }
}

/** The tags of programs by name, or why there are none. */
function theirs(path) {
  const pins = join(BPFFS, 'programs');
  mkdirSync(pins);
  const { status, stderr } = spawnSync('bpftool', ['prog', 'loadall', path, pins], { encoding: 'utf8' });
  if (status !== 0) return stderr;
  const show = (name) => JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show', 'pinned', join(pins, name)]));
  return readdirSync(pins).map((name) => [name, show(name).tag]);
}

function ours(path) {
  try {
    const object = BpfObject.open(path).load();
    const tags = [...object.programs].map(([name, program]) => [name, program.info().tag]);
    object.close();
    return tags;
  } catch (error) {
    if (!(error instanceof NlbpfError)) throw error;
    return error.message;
  }
}

const objects = readdirSync(process.argv[2], { recursive: true }).filter((name) => name.endsWith('.o'));
assert.notEqual(objects.length, 0);
for (const name of objects.sort()) {
  const path = join(process.argv[2], name);
  const [expected, found] = [onBpffs(() => theirs(path)), onBpffs(() => ours(path))];
  if (Array.isArray(expected)) assert.deepEqual(new Map(found), new Map(expected), path);
  else assert.equal(typeof found, 'string', `${path} is refused by libbpf: ${expected}`);
  console.log(`${basename(name)}: ${Array.isArray(found) ? found.map((pair) => pair.join(' ')).join(', ') : found}`);
}
