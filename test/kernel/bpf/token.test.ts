import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { BpfError } from '../../../src/bpf/error.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { SystemError } from '../../../src/sys/errno.js';
import { libc } from '../../../src/sys/libc.js';
import { keepReachable, Memory } from '../../../src/sys/memory.js';
import { syscallNumbers } from '../../../src/sys/syscall-numbers.js';
import { openFds } from '../../support/fds.js';
import { requireFeature } from '../../support/features.js';
import { objectPath } from '../../support/objects.js';

const CHILD = fileURLToPath(new URL('../../support/in-user-namespace.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../../dist/bpf/index.js', import.meta.url));

/** Of every architecture. */
const [FSCONFIG, PIDFD_GETFD] = [431, 438];
const [FSCONFIG_SET_STRING, FSCONFIG_CMD_CREATE] = [1, 6];

function call(number: number, ...args: (number | string)[]): number {
  const given = args.map((arg) => (typeof arg === 'string' ? Memory.fromText(arg) : arg));
  const plain = given.map((arg) => (typeof arg === 'number' ? arg : arg.address));
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = plain;
  const result = keepReachable(given, () => libc().syscall(number, a, b, c, d, e));
  if (result < 0) throw new SystemError(result, `system call ${number}`);
  return result;
}

/** Lets the file system that another process is about to mount delegate everything. */
function delegate(pid: number, fd: number): void {
  const process = call(syscallNumbers().pidfd_open, pid, 0);
  const fileSystem = call(PIDFD_GETFD, process, fd, 0);
  for (const option of ['delegate_cmds', 'delegate_maps', 'delegate_progs', 'delegate_attachs'])
    call(FSCONFIG, fileSystem, FSCONFIG_SET_STRING, option, 'any', 0);
  call(FSCONFIG, fileSystem, FSCONFIG_CMD_CREATE, 0, 0, 0);
  for (const each of [fileSystem, process]) closeSync(each);
}

/** What loading an object came to in a user namespace, with a token and without. */
async function inUserNamespace(object: string): Promise<unknown> {
  const unshare = ['--user', '--map-root-user', '--mount', '--net', process.execPath, CHILD, object];
  const child = spawn('unshare', unshare, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    if (!/^\d+$/.test(line)) return JSON.parse(line);
    delegate(child.pid!, Number(line));
    child.stdin.write('\n');
  }
  throw new Error('it ended before its time');
}

test('a token lends what a mount delegates', async (context) => {
  requireFeature(context, 'token');
  expect(existsSync(BUILT), `${BUILT} is built by npm run build`).toBe(true);
  const [withToken, without] = (await inUserNamespace(objectPath('functions'))) as [unknown, unknown];
  expect(withToken).toEqual(['one', 'two', 'none', 'counters']);
  expect(without).toMatchObject({ name: 'BpfError', code: 'EPERM' });
});

test('a file system that delegates nothing, or none at all, is told of', (context) => {
  requireFeature(context, 'token');
  const before = openFds();
  const load = (tokenPath: string) => () => BpfObject.open(objectPath('functions')).load({ tokenPath });
  expect(load('/sys/fs/bpf')).toThrow(BpfError);
  expect(load('/sys/fs/bpf')).toThrow('it belongs to the first user namespace');
  expect(load('/tmp')).toThrow('it is not where a BPF file system is mounted');
  expect(load('/nowhere')).toThrow(SystemError);
  expect(openFds()).toBe(before);
});
