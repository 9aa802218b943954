import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import type { Btf } from '../../../src/bpf/btf/types.js';
import { loadBtf } from '../../../src/bpf/btf-load.js';
import { unlessForbidden } from '../../../src/bpf/error.js';
import { knowsBtf, unknownToKernel } from '../../../src/bpf/features/btf.js';
import { hasMapType } from '../../../src/bpf/features/maps.js';
import { hasProgramType } from '../../../src/bpf/features/programs.js';
import { MAP_TYPES } from '../../../src/bpf/map/types.js';
import { PROGRAM_TYPES } from '../../../src/bpf/program/types.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { run } from '../../support/command.js';
import { openFds } from '../../support/fds.js';

/** What bpftool found out by itself; not every version of it ends well. */
const probed = () => {
  const { stdout } = spawnSync('bpftool', ['-j', 'feature', 'probe', 'kernel'], { encoding: 'utf8' });
  return JSON.parse(stdout) as Record<'program_types' | 'map_types', Record<string, boolean>>;
};

test('types of programs and maps are found as bpftool finds them', () => {
  const before = openFds();
  const theirs = probed();
  const programs = Object.entries(PROGRAM_TYPES).map(([name, type]) => [
    `have_${name}_prog_type`,
    // Lockdown forbids tracing programs, and then nobody can tell.
    unlessForbidden(() => hasProgramType(type)),
  ]);
  const maps = Object.entries(MAP_TYPES).map(([name, type]) => [`have_${name}_map_type`, hasMapType(type)]);
  const known = ([name, has]: (string | boolean | undefined)[]) =>
    has !== undefined && { ...theirs.program_types, ...theirs.map_types }[name as string] !== undefined;
  const ours = Object.fromEntries([...programs, ...maps].filter(known));
  expect(ours).toEqual(expect.objectContaining({ have_xdp_prog_type: true, have_hash_map_type: true }));
  const differing = Object.keys(ours).filter(
    (name) => ours[name] !== { ...theirs.program_types, ...theirs.map_types }[name],
  );
  expect(differing).toEqual([]);
  expect(openFds()).toBe(before);
});

test('types that do not exist are not there', () => {
  expect([hasMapType(9999), hasProgramType(9999)]).toEqual([false, false]);
});

const INT = { kind: 'int', name: 'nlbpf_int', size: 4, encoding: 0, bitOffset: 0, bits: 32 } as const;
const VOID = { kind: 'void', name: '' } as const;
const strings = new StringTable(new Uint8Array(1));

test('BTF is loaded, and bpftool shows it', () => {
  expect(knowsBtf()).toBe(true);
  const btf: Btf = { types: [VOID, INT, { kind: 'typedef', name: 'nlbpf_type', type: 1, kindFlag: false }], strings };
  using loaded = loadBtf(btf);
  // Others load BTF too: the last of all need not be this one.
  const id = /^btf_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${loaded.fd}`, 'latin1'))![1];
  // As text: on 5.10 its JSON begins with a complaint.
  const shown = run('bpftool', 'btf', 'dump', 'id', id!);
  expect([...shown.matchAll(/^\[\d+\] \w+ '(\w+)'/gm)].map(([, name]) => name)).toEqual(['nlbpf_int', 'nlbpf_type']);
  expect(loaded.closed).toBe(false);
});

test('BTF that the kernel refuses is told with its reason', () => {
  const before = openFds();
  const types = [VOID, INT, { kind: 'ptr', name: '', type: 77 } as const];
  expect(() => loadBtf({ types, strings })).toThrow(/^BPF_BTF_LOAD BTF: invalid argument \(EINVAL\); .*77|Invalid/);
  expect(openFds()).toBe(before);
});

test('every kind that this kernel has in its own BTF is one that it takes', () => {
  const kinds = new Set(parseBtf(readFileSync('/sys/kernel/btf/vmlinux')).types.map(({ kind }) => kind));
  const unknown = unknownToKernel();
  expect([...kinds].filter((kind) => unknown.has(kind))).toEqual([]);
});
