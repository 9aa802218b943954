import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as attr from '../../../src/bpf/attr.js';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import type { BtfComposite } from '../../../src/bpf/btf/types.js';
import { bpfMapInfo, bpfProgInfo } from '../../../src/bpf/info.js';
import { requireFeature } from '../../support/features.js';

const { types } = parseBtf(readFileSync('/sys/kernel/btf/vmlinux'));

/** The kernel's members, those of structs and unions within included, by name: all offsets that a name has. */
function offsetsOf(type: BtfComposite, base = 0, found = new Map<string, Set<number>>()): Map<string, Set<number>> {
  for (const { name, type: id, bitOffset } of type.members) {
    const offset = base + bitOffset / 8;
    found.set(name, (found.get(name) ?? new Set()).add(offset));
    const member = types[id]!;
    if (member.kind === 'struct' || member.kind === 'union') offsetsOf(member, offset, found);
  }
  return found;
}

const composite = (kind: 'struct' | 'union', name: string) =>
  types.find((type): type is BtfComposite => type.kind === kind && type.name === name)!;

/** Fields whose name here stands for the members of a union, or for bits without a name. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  target: 'target_fd',
  relative: 'relative_fd',
  attach_fd: 'attach_prog_fd',
  fd: 'prog_fd',
  multi_flags: 'flags',
  id: 'start_id',
  count: 'count',
  new_fd: 'new_prog_fd',
  old_fd: 'old_prog_fd',
};
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Names that other commands have too: only where the kernel has this member does it have them for this one. */
const BESIDE: Readonly<Record<string, string>> = {
  count: 'revision',
  multi_flags: 'ref_ctr_offsets',
  cnt: 'ref_ctr_offsets',
  pid: 'ref_ctr_offsets',
  cookie: 'bpffs_fd',
};
/** Newer than some kernel that the tests run on: checked where it is known. */
const inKernel = (known: Map<string, Set<number>>, name: string) => {
  if (name in BESIDE && !known.has(BESIDE[name]!)) return undefined;
  return known.get(OWN_NAMES[name] ?? name) ?? known.get(name);
};

const misplaced = (offsets: Readonly<Record<string, number>>, known: Map<string, Set<number>>) =>
  Object.entries(offsets)
    .map(([name, offset]) => ({ name: snake(name), offset }))
    .filter(({ name }) => name !== 'reserved' && name !== 'bits')
    .filter(({ name, offset }) => inKernel(known, name)?.has(offset) === false);

/** Commands that some kernel lacks, with a member by which it shows. */
const NEWER: Readonly<Record<string, string>> = { BPF_TOKEN_CREATE: 'bpffs_fd' };

test('every command lies in union bpf_attr where the kernel has it', () => {
  const known = offsetsOf(composite('union', 'bpf_attr'));
  const commands = Object.values(attr).filter(({ name }) => NEWER[name] === undefined || known.has(NEWER[name]));
  for (const { name, attr: codec } of commands) expect([name, misplaced(codec.offsets, known)]).toEqual([name, []]);
});

test('what the kernel says about maps and programs is read from where it stands', () => {
  expect(misplaced(bpfMapInfo.offsets, offsetsOf(composite('struct', 'bpf_map_info')))).toEqual([]);
  expect(misplaced(bpfProgInfo.offsets, offsetsOf(composite('struct', 'bpf_prog_info')))).toEqual([]);
});

test('names are those of the kernel', (context) => {
  requireFeature(context, 'excl_prog_hash');
  const known = offsetsOf(composite('union', 'bpf_attr'));
  const names = Object.values(attr).flatMap(({ attr: codec }) => Object.keys(codec.offsets).map(snake));
  // What a kernel leaves unnamed between two members.
  const unnamed = new Set(['reserved']);
  expect([...new Set(names)].filter((name) => inKernel(known, name) === undefined && !unnamed.has(name))).toEqual([]);
});
