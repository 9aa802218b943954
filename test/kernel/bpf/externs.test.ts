import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BpfObject } from '../../../src/bpf/object.js';
import { run, runJson } from '../../support/command.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

/** What the object needs beside, where the kernel does not tell. */
const GIVEN = 'CONFIG_BPF_SYSCALL=y\nCONFIG_INET=y\nCONFIG_NR_CPUS=2\nCONFIG_CC_VERSION_TEXT="gcc"\n';

const THEIRS = '/sys/fs/bpf/libbpf';

/** The content of a map of the object as libbpf fills it, as bytes. */
function libbpfContents(object: string, name: string): Uint8Array {
  mkdirSync(THEIRS);
  try {
    const { status, stderr } = spawnSync('bpftool', ['prog', 'loadall', objectPath(object), THEIRS], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const programs = readdirSync(THEIRS).map((pin) =>
      runJson('bpftool', '-j', 'prog', 'show', 'pinned', `${THEIRS}/${pin}`),
    );
    const ids: number[] = programs.flatMap(({ map_ids = [] }) => map_ids);
    const id = ids.find((id) => runJson('bpftool', '-j', 'map', 'show', 'id', String(id)).name === name);
    const [{ value }] = runJson('bpftool', '-j', 'map', 'dump', 'id', String(id));
    return Uint8Array.from(value, Number);
  } finally {
    for (const pin of readdirSync(THEIRS)) run('rm', `${THEIRS}/${pin}`);
    run('rm', '-r', THEIRS);
  }
}

describe('settings of the kernel', () => {
  test('are those that libbpf finds', (context) => {
    requireFeature(context, 'kernel_config');
    using object = BpfObject.open(objectPath('kconfig')).load();
    expect(object.spec.maps.find(({ name }) => name === '.kconfig')!.contents).toEqual(
      libbpfContents('kconfig', 'kconfig.kconfig'),
    );
    expect(object.map('.kconfig').info().frozen).toBe(true);
  });

  test('may be given', () => {
    const kconfig = `${GIVEN}CONFIG_HZ=0x64\nCONFIG_NET=m`;
    using object = BpfObject.open(objectPath('kconfig')).load({ kconfig });
    expect(object.map('.kconfig').get(0)).toMatchObject({ CONFIG_HZ: 100, CONFIG_NET: 2 });
  });
});
