import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VerifierError } from '../../../src/bpf/error.js';
import { kernelBtf, moduleBtfs } from '../../../src/bpf/kernel-btf.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { run, runJson } from '../../support/command.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const open = (name: string): BpfObject => BpfObject.open(objectPath(name));

/** What the kernel made of a program, without the numbers of maps. */
function translated(...program: string[]): { tag: string; xlated: string } {
  const { tag } = runJson('bpftool', '-j', 'prog', 'show', ...program);
  const xlated = run('bpftool', 'prog', 'dump', 'xlated', ...program, 'linum').replace(/id:\d+/g, 'id');
  return { tag, xlated };
}

// Where it is a module and can be loaded, there is one with types.
spawnSync('modprobe', ['nf_conntrack']);

describe('CO-RE', () => {
  // All programs take minutes where the processor is emulated: bpftool reads the kernel's symbols for each.
  test.each([
    ['functions', 'one'],
    ['core_fields', 'bit_fields'],
  ])('what the kernel makes of %s, with its lines, is what it makes of that of libbpf', (name, program) => {
    const directory = '/sys/fs/bpf/nlbpf_core';
    mkdirSync(directory);
    try {
      run('bpftool', 'prog', 'loadall', objectPath(name), directory);
      using object = open(name).load();
      const theirs = translated('pinned', `${directory}/${program}`);
      expect(translated('id', String(object.programs.get(program)!.info().id))).toEqual(theirs);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('the types of the kernel, by name and one by one', () => {
    const kernel = kernelBtf();
    expect(kernelBtf()).toBe(kernel);
    for (const [kind, name] of [
      ['struct', 'task_struct'],
      ['union', 'bpf_attr'],
      ['func', 'vfs_read'],
      ['typedef', 'pid_t'],
      ['enum', 'bpf_map_type'],
      ['int', 'int'],
    ] as const) {
      expect(kernel.types.at(kernel.find(kind, name))).toMatchObject({ kind, name });
    }
    expect(kernel.find('struct', 'nlbpf_missing')).toBe(0);
    expect(kernel.types.at(kernel.types.length)).toBeUndefined();
  });

  test('the types of its modules go on from there', (context) => {
    requireFeature(context, 'module_btf');
    const [name, btf] = [...moduleBtfs()][0]!;
    expect(btf.base).toBe(kernelBtf());
    const dump = run('bpftool', '-B', VMLINUX, 'btf', 'dump', 'file', `/sys/kernel/btf/${name}`);
    const theirs = [...dump.matchAll(/^\[(\d+)\] [A-Z_0-9]+ '(.*?)'/gm)].map(([, id, name]) => [Number(id), name]);
    const ours = theirs.map(([id]) => [id, btf.types.at(id as number)?.name || '(anon)']);
    expect(ours).toEqual(theirs);
    expect(btf.types.length).toBe((theirs.at(-1)![0] as number) + 1);
  });

  test('types may come from a file instead', () => {
    using object = open('core_types').load();
    using fromFile = open('core_types').load({ btf: VMLINUX });
    const tags = ({ programs }: typeof object) => [...programs.values()].map((program) => program.info().tag);
    expect(tags(fromFile)).toEqual(tags(object));
  });

  test('a field that is missing and used all the same is named', () => {
    let error: unknown;
    try {
      open('core_used').load().close();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(VerifierError);
    expect((error as VerifierError).reason).toBe(
      'it needs the offset of struct task_struct.nlbpf_missing: struct task_struct has no such member, or of another kind',
    );
  });
});
