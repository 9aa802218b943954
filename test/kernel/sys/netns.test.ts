import { closeSync, existsSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NetNs } from '../../../src/sys/netns.js';
import { sysctl } from '../../../src/sys/sysctl.js';
import { run, runJson } from '../../support/command.js';
import { mounts, openFds } from '../../support/fds.js';
import { isFallback } from '../../support/features.js';

const here = () => readlinkSync('/proc/thread-self/ns/net');
const names = () => runJson('ip', '-j', 'netns', 'list').map(({ name }: { name: string }) => name);
const inodeOf = (name: string) => statSync(`/run/netns/${name}`).ino;

let home: string;
beforeEach(() => {
  home = here();
});
afterEach(() => {
  for (const name of NetNs.list()) NetNs.delete(name);
  expect(here()).toBe(home);
});

describe('a named namespace', () => {
  test('is one that ip finds, lists and deletes', () => {
    using made = NetNs.create('nlbpf-a');
    expect(names()).toEqual(['nlbpf-a']);
    expect(made).toMatchObject({ name: 'nlbpf-a', inode: inodeOf('nlbpf-a') });
    const links = runJson('ip', '-n', 'nlbpf-a', '-j', 'link') as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname).filter((name) => !isFallback(name))).toEqual(['lo']);
    run('ip', 'netns', 'delete', 'nlbpf-a');
    expect(NetNs.list()).toEqual([]);
  });

  test('made by ip is found, listed and deleted here', () => {
    run('ip', 'netns', 'add', 'nlbpf-b');
    expect(NetNs.list()).toEqual(['nlbpf-b']);
    using opened = NetNs.open('nlbpf-b');
    expect(opened.inode).toBe(inodeOf('nlbpf-b'));
    opened.delete();
    expect(names()).toEqual([]);
    expect(existsSync('/run/netns/nlbpf-b')).toBe(false);
  });

  test('outlives its handle', () => {
    NetNs.create('nlbpf-c').close();
    expect(names()).toEqual(['nlbpf-c']);
  });

  test('lies in a directory that is a shared mount, made so once', () => {
    NetNs.create('nlbpf-d').close();
    NetNs.create('nlbpf-e').close();
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    expect(lines.filter((line) => / \/run\/netns .* shared:/.test(line))).toHaveLength(1);
  });

  test('is refused a second time, and left alone', () => {
    using first = NetNs.create('nlbpf-f');
    expect(() => NetNs.create('nlbpf-f')).toThrow('open network namespace nlbpf-f: already exists (EEXIST)');
    expect(inodeOf('nlbpf-f')).toBe(first.inode);
  });

  test('that is not there cannot be opened or deleted', () => {
    const missing = expect.objectContaining({ name: 'SystemError', code: 'ENOENT' });
    expect(() => NetNs.open('nlbpf-none')).toThrow(missing);
    expect(() => NetNs.delete('nlbpf-none')).toThrow(missing);
  });

  test('whose mount is gone is still deleted', () => {
    NetNs.create('nlbpf-g').close();
    run('umount', '/run/netns/nlbpf-g');
    NetNs.delete('nlbpf-g');
    expect(NetNs.list()).toEqual([]);
  });
});

describe('a namespace', () => {
  test('is opened by path and by process', () => {
    using current = NetNs.current();
    using byPath = NetNs.open('/proc/self/ns/net');
    using byProcess = NetNs.open({ pid: process.pid });
    expect([byPath.inode, byProcess.inode]).toEqual([current.inode, current.inode]);
    expect(home).toBe(`net:[${current.inode}]`);
  });

  test('of another kind, or a file that is none, is refused without leaving a descriptor', () => {
    const before = openFds();
    expect(() => NetNs.open('/proc/self/ns/mnt')).toThrow('/proc/self/ns/mnt is not a network namespace');
    expect(() => NetNs.open('/etc/hostname')).toThrow('/etc/hostname is not a network namespace');
    expect(openFds()).toBe(before);
  });

  test('without a name is in no list', () => {
    using made = NetNs.anonymous();
    expect(names()).toEqual([]);
    expect(made.run(here)).toBe(`net:[${made.inode}]`);
    expect(() => made.delete()).toThrow('without a name');
  });

  test('runs a function inside and answers its value', () => {
    using made = NetNs.anonymous();
    using other = NetNs.anonymous();
    expect(made.run(() => [here(), other.run(here), here()])).toEqual([
      `net:[${made.inode}]`,
      `net:[${other.inode}]`,
      `net:[${made.inode}]`,
    ]);
  });

  test('is left when the function throws', () => {
    using made = NetNs.anonymous();
    expect(() =>
      made.run(() => {
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
    expect(here()).toBe(home);
  });

  test('refuses an asynchronous function, and is left', () => {
    using made = NetNs.anonymous();
    expect(() => made.run(async () => 1)).toThrow('must be synchronous');
    expect(here()).toBe(home);
  });

  test('cannot be entered once closed', () => {
    const made = NetNs.anonymous();
    made.close();
    made.close();
    expect(() => made.run(here)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  test('cannot be entered through a descriptor of something else', () => {
    const fd = openSync('/etc/hostname', 'r');
    expect(() => sysctl({ fd }).get('net.ipv4.ip_forward')).toThrow(
      'setns network namespace: invalid argument (EINVAL)',
    );
    closeSync(fd);
  });

  test('made, entered and deleted 200 times leaves nothing behind', () => {
    {
      using warm = NetNs.create('nlbpf-warm');
      warm.delete();
    }
    const before = [openFds(), mounts()];
    for (let i = 0; i < 200; i++) {
      using made = NetNs.create('nlbpf-cycle');
      made.run(here);
      made.delete();
    }
    expect([openFds(), mounts()]).toEqual(before);
  });
});

describe('the settings of a namespace', () => {
  test('are read and written there alone', () => {
    using made = NetNs.create('nlbpf-s');
    const outside = sysctl().get('net.ipv4.ip_forward');
    sysctl(made).set('net.ipv4.ip_forward', outside === '1' ? 0 : 1);
    const cat = run('ip', 'netns', 'exec', 'nlbpf-s', 'cat', '/proc/sys/net/ipv4/ip_forward').trim();
    expect([cat, sysctl(made).get('net/ipv4/ip_forward')]).toEqual(outside === '1' ? ['0', '0'] : ['1', '1']);
    expect(sysctl().get('net.ipv4.ip_forward')).toBe(outside);
  });

  test('of a device with a dot in its name are reached in both spellings', () => {
    using made = NetNs.create('nlbpf-t');
    run('ip', '-n', 'nlbpf-t', 'link', 'add', 'a.1', 'type', 'veth', 'peer', 'name', 'b.1');
    sysctl(made).set('net.ipv4.conf.a/1.rp_filter', 2);
    expect(sysctl(made).get('net/ipv4/conf/a.1/rp_filter')).toBe('2');
  });

  test('that are missing, or refuse a value, are told by name', () => {
    expect(() => sysctl().get('net.ipv4.nothing')).toThrow(
      'open sysctl net.ipv4.nothing: no such file or object (ENOENT)',
    );
    expect(() => sysctl().set('net.ipv4.nothing', 1)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => sysctl().set('net.ipv4.ip_forward', 'x')).toThrow(
      'write sysctl net.ipv4.ip_forward = x: invalid argument (EINVAL)',
    );
  });
});
