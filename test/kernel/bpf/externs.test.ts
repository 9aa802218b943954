import { mkdirSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BpfObject } from '../../../src/bpf/object.js';
import { run, runJson } from '../../support/command.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

/** What the object needs beside, where the kernel does not tell. */
const GIVEN = 'CONFIG_BPF_SYSCALL=y\nCONFIG_INET=y\nCONFIG_NR_CPUS=2\nCONFIG_CC_VERSION_TEXT="gcc"\n';

const THEIRS = '/sys/fs/bpf/libbpf';

/** What an object of libbpf's holds in .kconfig. */
function libbpfSettings(object: string): Record<string, unknown> {
  mkdirSync(THEIRS);
  try {
    run('bpftool', 'prog', 'loadall', objectPath(object), THEIRS);
    const [pin = ''] = readdirSync(THEIRS);
    const { map_ids: ids } = runJson('bpftool', '-j', 'prog', 'show', 'pinned', `${THEIRS}/${pin}`);
    return settingsIn(ids);
  } finally {
    run('rm', '-r', THEIRS);
  }
}

/** The settings in one of these maps, as bpftool reads them. */
function settingsIn(ids: readonly number[]): Record<string, unknown> {
  const dumps = ids.map((id) => runJson('bpftool', '-j', 'map', 'dump', 'id', String(id)));
  const settings: object[] = dumps.map(([entry]) => entry?.formatted?.value['.kconfig']).find(Array.isArray) ?? [];
  const { LINUX_KERNEL_VERSION: version, ...others } = Object.assign({}, ...settings);
  // Debian writes the last part elsewhere, where Debian's libbpf does not look for it.
  return { ...others, version: version >> 8 };
}

describe('settings of the kernel', () => {
  test('are those that libbpf finds', (context) => {
    requireFeature(context, 'kernel_config');
    using object = BpfObject.open(objectPath('kconfig')).load();
    const { id, frozen } = object.map('.kconfig').info();
    expect(settingsIn([id])).toEqual(libbpfSettings('kconfig'));
    expect(frozen).toBe(true);
  });

  test('may be given', () => {
    const kconfig = `${GIVEN}CONFIG_HZ=0x64\nCONFIG_NET=m`;
    using object = BpfObject.open(objectPath('kconfig')).load({ kconfig });
    expect(object.map('.kconfig').get(0)).toMatchObject({ CONFIG_HZ: 100, CONFIG_NET: 2 });
  });
});
