import { rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { run, runJson } from '../../support/command.js';
import { Demo, demo, expectNothingLeft, MAIN, machine, readState } from './demo.js';

// Whatever becomes of a run, the machine is as it was.

/** Moments of a run, by what it has just printed; the last ones are inside the waiting for a reply. */
const MOMENTS = {
  'the first namespace is there': /namespace host/,
  'links are there': /link ve2/,
  'programs are there': /bpf\/forward\.o/,
  'the map is there': /map dump pinned/,
  'the guard is probed': /PING .* from host/,
  'pings are under way': /icmp_seq=2/,
} as const;
const moments = Object.entries(MOMENTS);

afterEach(async () => {
  if (readState() !== undefined) await demo('--clean');
  rmSync('/run/nlbpf-demo', { recursive: true, force: true });
});

describe('an interrupted run leaves nothing', () => {
  test.each(moments)('when %s', async (_, marker) => {
    const before = machine();
    const running = new Demo(['--count', '50']);
    const held = await running.stopAt(marker);
    // The second as npm sends it, which passes on what the terminal has sent to all.
    const { status, stderr } = await running.go('SIGINT', 'SIGINT');
    expect({ status, stderr }).toEqual({ status: 130, stderr: 'interrupted; everything was removed\n' });
    await expectNothingLeft(before, held);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('by %s', async (signal) => {
    const before = machine();
    const running = new Demo(['--count', '50']);
    const held = await running.stopAt(/icmp_seq=1/);
    expect((await running.go(signal)).status).toBe(130);
    await expectNothingLeft(before, held);
  });

  test('with --host', async () => {
    const before = machine();
    const running = new Demo(['--host', '--count', '50']);
    const held = await running.stopAt(/icmp_seq=1/);
    expect(machine()).not.toEqual(before);
    expect((await running.go('SIGINT')).status).toBe(130);
    await expectNothingLeft(before, held);
  });

  test('whose reader has gone away', async () => {
    const before = machine();
    run('sh', '-c', `${process.execPath} ${MAIN} --count 50 2>/dev/null | head -n 1`);
    await expect.poll(machine, { timeout: 15_000 }).toEqual(before);
  });
});

describe('a killed run leaves nothing after --clean', () => {
  test.each(moments)('when %s', async (_, marker) => {
    const before = machine();
    const running = new Demo(['--count', '50']);
    const held = await running.stopAt(marker);
    await running.go('SIGKILL');
    const { status, stderr } = await demo('--clean');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expectNothingLeft(before, held);
  });

  test.each(moments)('when %s, with --host', async (_, marker) => {
    distinctSettings();
    const before = machine();
    const running = new Demo(['--host', '--count', '50']);
    const held = await running.stopAt(marker);
    await running.go('SIGKILL');
    const { status, stderr } = await demo('--clean');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expectNothingLeft(before, held);
  });

  test('and the next run does the same by itself', async () => {
    const before = machine();
    const running = new Demo(['--count', '50']);
    const held = await running.stopAt(/icmp_seq=1/);
    await running.go('SIGKILL');
    const { status, stderr } = await demo('--count', '1');
    expect(status).toBe(0);
    expect(stderr).toContain(`left by an earlier run, removed: trace instance ${held.trace}`);
    await expectNothingLeft(before, held);
  });

  test('--clean refuses while the run is going on', async () => {
    const running = new Demo(['--count', '50']);
    await running.stopAt(/icmp_seq=1/);
    const { status, stderr } = await demo('--clean');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `Error: the demo is running, as process ${running.pid}; end it first\n`,
    });
    await running.go('SIGINT');
  });

  test('--clean without a run does nothing', async () => {
    const before = machine();
    expect(await demo('--clean')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(machine()).toEqual(before);
  });
});

describe('--host', () => {
  test('puts every setting back, those of other devices as well', async () => {
    distinctSettings();
    const before = machine();
    const { status, stdout } = await demo('--host', '--tunnel', 'ip6tnl', '--direction', 'egress', '--count', '1');
    expect(status, stdout).toBe(0);
    expect(machine()).toEqual(before);
  });

  test.each(['ve1', 've2', 'tun1'])('leaves a link %s alone that was there, and the rest as it was', async (name) => {
    distinctSettings();
    run('ip', 'link', 'add', name, 'type', 'bridge');
    try {
      const before = machine();
      const { status, stderr } = await demo('--host');
      expect(status).toBe(1);
      expect(stderr).toBe(
        `Error: there is a link ${name} already, which is not the demo's; without --host it is not in the way\n`,
      );
      expect(machine()).toEqual(before);
      expect(runJson('ip', '-j', '-d', 'link', 'show', name)[0].linkinfo.info_kind).toBe('bridge');
    } finally {
      run('ip', 'link', 'del', name);
    }
  });
});

/** Devices that differ in what the demo sets for all of them at once. */
function distinctSettings(): void {
  const names = (runJson('ip', '-j', 'link') as { ifname: string }[]).map(({ ifname }) => ifname);
  if (!names.includes('dx0')) run('ip', 'link', 'add', 'dx0', 'type', 'veth', 'peer', 'name', 'dx1');
  run('sh', '-c', 'echo 0 >/proc/sys/net/ipv6/conf/all/forwarding');
  run('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/dx0/forwarding');
  run('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter');
}
