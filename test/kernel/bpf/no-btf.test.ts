import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { UnsupportedError } from '../../../src/bpf/error.js';
import { kernelBtf, moduleBtfs } from '../../../src/bpf/kernel-btf.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { mount } from '../../../src/sys/mount.js';
import { objectPath } from '../../support/objects.js';

// As on a kernel built without CONFIG_DEBUG_INFO_BTF: its types are covered up, in the mount namespace of this file.

const FOLDER = '/sys/kernel/btf';
let types: Uint8Array;

beforeAll(() => {
  types = readFileSync(`${FOLDER}/vmlinux`);
  mount('tmpfs', FOLDER, 'tmpfs');
});

test('a kernel without BTF says so', () => {
  expect(() => kernelBtf()).toThrow(UnsupportedError);
  expect(moduleBtfs().size).toBe(0);
  const object = BpfObject.open(objectPath('core_types'));
  expect(() => object.load()).toThrow(/CONFIG_DEBUG_INFO_BTF/);
});

test('types from elsewhere, and objects that want none, do without', () => {
  BpfObject.open(objectPath('core_types')).load({ btf: types }).close();
  BpfObject.open(objectPath('maps')).load().close();
});
