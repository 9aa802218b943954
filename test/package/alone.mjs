// koffi is loaded at the first system call, ref-struct-di when the first struct is laid out.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import './all.mjs';
import { struct, u8, u32 } from 'nlbpf';

const { cache } = createRequire(import.meta.url);
assert.deepEqual(Object.keys(cache), []);
assert.equal(struct({ a: u8, b: u32 }).size, 8);
assert.ok(Object.keys(cache).some((path) => path.includes('ref-struct-di')));
assert.ok(!Object.keys(cache).some((path) => path.includes('koffi')));
