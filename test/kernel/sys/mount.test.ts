import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, statfsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { SystemError } from '../../../src/sys/errno.js';
import { MountNs } from '../../../src/sys/mntns.js';
import { ensureBpffs, ensureTracefs, isBpffs, mount, umount, unshareMounts } from '../../../src/sys/mount.js';
import { BPF_FS_MAGIC, TRACEFS_MAGIC } from '../../../src/uapi/magic.js';
import { MNT_DETACH } from '../../../src/uapi/mount.js';
import { run } from '../../support/command.js';
import { mounts } from '../../support/fds.js';

const typeOf = (path: string) => run('findmnt', '-n', '-o', 'FSTYPE', '--mountpoint', path).trim();

test('file systems that are there are left as they are', () => {
  const before = mounts();
  expect([ensureBpffs(), ensureTracefs()]).toEqual([false, false]);
  expect(mounts()).toBe(before);
  expect([statfsSync('/sys/fs/bpf').type, statfsSync('/sys/kernel/tracing').type]).toEqual([
    BPF_FS_MAGIC,
    TRACEFS_MAGIC,
  ]);
});

test('file systems that are missing are mounted, and that is told', () => {
  mkdirSync('/run/bpf');
  expect([isBpffs('/run/bpf'), ensureBpffs('/run/bpf'), isBpffs('/run/bpf'), ensureBpffs('/run/bpf')]).toEqual([
    ...[false, true, true, false],
  ]);
  expect(typeOf('/run/bpf')).toBe('bpf');
  umount('/run/bpf');
  expect(isBpffs('/run/bpf')).toBe(false);
});

test('a busy mount is refused, and detached when asked', () => {
  const path = mkdtempSync('/run/busy-');
  mount('tmpfs', path, 'tmpfs', 0, 'size=64k');
  mkdirSync(`${path}/inner`);
  mount('tmpfs', `${path}/inner`, 'tmpfs');
  expect(() => umount(path)).toThrow(`umount ${path}: device or resource is in use (EBUSY)`);
  umount(path, MNT_DETACH);
  rmdirSync(path);
});

test('failures name the type and the target', () => {
  expect(() => mount('x', '/run/none', 'tmpfs')).toThrow('mount tmpfs on /run/none: no such file or object (ENOENT)');
  expect(() => mount('x', '/run', 'nofs')).toThrow('mount nofs on /run: no such device (ENODEV)');
  expect(() => ensureBpffs('/run/none')).toThrow(SystemError);
  expect(() => umount('/run/\0')).toThrow('a path cannot hold a NUL');
});

test('a mount namespace is entered by a thread that has started others', async () => {
  using home = MountNs.current();
  const directory = process.cwd();
  unshareMounts();
  using away = MountNs.current();
  const worker = new Worker('setInterval(() => {}, 60_000)', { eval: true });
  try {
    await once(worker, 'online');
    home.enter();
    using back = MountNs.current();
    expect(back.inode).toBe(home.inode);
    expect(back.inode).not.toBe(away.inode);
  } finally {
    await worker.terminate();
    process.chdir(directory);
  }
});
