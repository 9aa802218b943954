import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { HELP } from '../../../demo/src/options.js';
import { run, runJson } from '../../support/command.js';
import { lacking } from '../../support/features.js';
import { Demo, demo, expectNothingLeft, MAIN, machine, readState } from './demo.js';

const directory = mkdtempSync(join(tmpdir(), 'nlbpf-demo-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('a run', () => {
  test('succeeds, says what it does, and leaves nothing', async () => {
    const before = machine();
    const running = new Demo([]);
    const held = await running.stopAt(/icmp_seq=1/);
    expect(held.programs.length).toBeGreaterThanOrEqual(3);
    expect(held.maps.length).toBeGreaterThanOrEqual(5);
    const { status, stdout, stderr } = await running.go();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const line of [
      /^ {2}namespace ns1$/m,
      /^ {2}link ve1 \(host\) -- vens1 \(ns1\)$/m,
      /^ {6}key 00 00 00 00 value [0-9a-f]{2} 00 00 00$/m,
      /^ {2}3 packets transmitted, 3 received, 0% packet loss, time \d+ms$/m,
      /IP 10\.2\.1\.1 > 10\.2\.1\.102: IP 10\.1\.1\.101 > 10\.10\.1\.102: ICMP echo request, id \d+, seq 1, length 64$/m,
      /IP 10\.2\.1\.102 > 10\.2\.1\.1: IP 10\.10\.1\.102 > 10\.1\.1\.101: ICMP echo reply, id \d+, seq 1, length 64$/m,
      /redirect daddr4:a0a0166 to ifindex:\d+$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stdout).not.toContain('FAILED');
    await expectNothingLeft(before, held);
  });

  test('of all cases passes 4 of 4', async () => {
    const before = machine();
    const { status, stdout } = await demo('--case', 'all', '--count', '2');
    expect(status, stdout).toBe(0);
    expect(stdout.match(/^=== case .* ===$/gm)).toEqual([
      '=== case 1 of 4: ipip, redirect at ingress ===',
      '=== case 2 of 4: ipip, redirect at egress ===',
      '=== case 3 of 4: ip6tnl, redirect at ingress ===',
      '=== case 4 of 4: ip6tnl, redirect at egress ===',
    ]);
    expect(stdout).toMatch(/^4 of 4 cases passed$/m);
    expect(machine()).toEqual(before);
  });

  test('can be interrupted between two cases', async () => {
    const before = machine();
    const running = new Demo(['--case', 'all', '--count', '1']);
    const held = await running.stopAt(/=== case 2/);
    expect((await running.go('SIGINT')).status).toBe(130);
    await expectNothingLeft(before, held);
  });

  test('executes no other program', () => {
    const log = join(directory, 'execve');
    const traced = spawnSync('strace', ['-f', '-e', 'trace=execve', '-o', log, process.execPath, MAIN, '--count', '1']);
    expect(traced.status).toBe(0);
    expect(readFileSync(log, 'utf8').match(/execve\(/g)).toHaveLength(1);
  });
});

describe('--json', () => {
  test.each(['ingress', 'egress'])('is one document of what was seen (%s)', async (direction) => {
    const { status, stdout } = await demo('--json', '--count', '1', '--tunnel', 'ip6tnl', '--direction', direction);
    expect(status).toBe(0);
    const [one, ...others] = JSON.parse(stdout);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ tunnel: 'ip6tnl', direction, ok: true });
    for (const check of one.checks)
      expect(check).toEqual({ what: expect.any(String), ok: true, seen: expect.any(String) });
    expect(one.checks.length).toBeGreaterThanOrEqual(6);
    const hops = [...one.hops.request, ...one.hops.reply];
    expect(hops.map(({ number }) => number)).toEqual(hops.map((_, index) => index + 1));
    for (const { basis, evidence, where, what } of hops) {
      expect(['measured', 'inferred']).toContain(basis);
      expect(evidence).not.toBe('not seen');
      expect([where, what].every((text) => typeof text === 'string' && text !== '')).toBe(true);
    }
    for (const { text, time } of one.trace) expect([typeof text, typeof time]).toEqual(['string', 'number']);
    expect(one.trace.length).toBeGreaterThan(0);
    const places = direction === 'egress' ? ['ns1', 'ns1', 'host', 'host'] : ['ns1', 'ns1'];
    expect(one.pings.map(({ from }: { from: string }) => from)).toEqual(places);
    for (const { sent, replies } of one.pings) expect([sent, replies.length]).toEqual([1, 1]);
  });
});

describe('--pcap', () => {
  const INTERFACES = ['ns1:vens1', 'host:ve1', 'host:tun1', 'host:ve2', 'ns2:vens2', 'ns2:tun2'];

  /** Its relative path is where it was started, though it changes mount namespaces. */
  function capture(name: string, ...args: string[]): string {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, '--pcap', name, '--count', '1', ...args], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readdirSync(directory)).toContain(name);
    return join(directory, name);
  }

  test('opens in tshark: interfaces, outer and inner headers', () => {
    const file = capture('ipip.pcapng');
    const fields = ['frame.interface_name', 'ip.src', 'ip.dst', 'ip.proto', 'icmp.type', 'icmp.checksum.status'];
    const options = ['-o', 'ip.check_checksum:TRUE'];
    const output = run(
      'tshark',
      '-r',
      file,
      ...options,
      '-Y',
      'icmp',
      '-T',
      'fields',
      ...fields.flatMap((name) => ['-e', name]),
    );
    const rows = output
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set(INTERFACES));
    const onVens2 = rows.filter(([name, , , protocol]) => name === 'ns2:vens2' && protocol === '4,1');
    expect(onVens2).toEqual([
      ['ns2:vens2', '10.2.1.1,10.1.1.101', '10.2.1.102,10.10.1.102', '4,1', '8', '1'],
      ['ns2:vens2', '10.2.1.102,10.10.1.102', '10.2.1.1,10.1.1.101', '4,1', '0', '1'],
    ]);
    const onTun2 = rows.filter(([name]) => name === 'ns2:tun2');
    expect(onTun2).toEqual([
      ['ns2:tun2', '10.1.1.101', '10.10.1.102', '1', '8', '1'],
      ['ns2:tun2', '10.10.1.102', '10.1.1.101', '1', '0', '1'],
    ]);
    expect(run('tshark', '-r', file, ...options, '-Y', '_ws.malformed || ip.checksum.status == 0')).toBe('');
  });

  test('opens in tshark: IPv6 outer headers', () => {
    const file = capture('ip6tnl.pcapng', '--tunnel', 'ip6tnl');
    const outer = run(
      'tshark',
      '-r',
      file,
      '-Y',
      'frame.interface_name == "ns2:vens2" && ipv6 && (icmp || icmpv6.type >= 128 && icmpv6.type <= 129)',
      '-T',
      'fields',
      '-e',
      'ipv6.src',
      '-e',
      'ipv6.nxt',
      '-e',
      'ip.src',
    );
    expect(
      outer
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => line.split('\t')),
    ).toEqual(
      expect.arrayContaining([
        ['2401:db02::1', '4', '10.1.1.101'],
        ['2401:db02::66', '4', '10.10.1.102'],
        ['2401:db02::1,2401:db01::65', '41,58', ''],
        ['2401:db02::66,2401:face::66', '41,58', ''],
      ]),
    );
    expect(run('tshark', '-r', file, '-Y', '_ws.malformed')).toBe('');
  });

  test('opens in tcpdump', () => {
    // It reads no file of several link types, and tunnel devices have another than Ethernet.
    const output = run('tcpdump', '-nr', capture('tcpdump.pcapng', '--datapath', 'bpf'), 'ip proto 4');
    expect(output).toMatch(/IP 10\.2\.1\.1 > 10\.2\.1\.102: IP 10\.1\.1\.101 > 10\.10\.1\.102: ICMP echo request/);
  });
});

describe('the command line', () => {
  test('that makes no sense is refused in one line', async () => {
    const before = machine();
    const stderr = "--tunnel is one of ipip, ip6tnl, not 'gre' (--help shows the options)\n";
    expect(await demo('--tunnel', 'gre')).toEqual({ status: 2, stdout: '', stderr });
    expect(machine()).toEqual(before);
  });

  test('--help is printed', async () => {
    expect(await demo('--help')).toEqual({ status: 0, stdout: HELP, stderr: '' });
  });

  test('says in one line that it needs root', async () => {
    const setpriv = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    expect(await new Demo([], setpriv).ended).toEqual({
      status: 1,
      stdout: '',
      stderr: 'the demo needs root: it makes network namespaces and loads BPF programs\n',
    });
  });

  test('root without capabilities gets one line that says what is missing', async () => {
    const before = machine();
    const setpriv = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', process.execPath];
    const { status, stderr } = await new Demo([], setpriv).ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SystemError: .*operation not permitted \(EPERM\).*\n$/);
    expect(machine()).toEqual(before);
  });

  test('--datapath driver takes the driver, and says where the kernel has none', async () => {
    const before = machine();
    const { status, stderr, stdout } = await demo('--datapath', 'driver', '--count', '1');
    expect({ status, stderr }, stdout).toEqual(
      lacking('ipip') === undefined
        ? { status: 0, stderr: '' }
        : { status: 1, stderr: 'NoDriverError: this kernel has no ipip driver; --datapath bpf does without\n' },
    );
    expect(machine()).toEqual(before);
  });
});

describe('--keep', () => {
  const KEPT = '/run/nlbpf-demo/mounts/ns';
  const inside = (...args: string[]): string => run('nsenter', `--mount=${KEPT}`, ...args);
  afterEach(async () => {
    if (readState() !== undefined) await demo('--clean');
  });

  test.each([[''], [' --host']])('leaves everything to be looked at, and --clean removes it%s', async (more) => {
    const before = machine();
    const running = new Demo(['--keep', '--count', '1', ...more.split(' ').slice(1)]);
    const held = await running.stopAt(/icmp_seq=1/);
    const { status, stdout, stderr } = await running.go();
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`nsenter --mount=${KEPT}`);

    const [entry] = JSON.parse(inside('bpftool', '-j', 'map', 'dump', 'pinned', '/sys/fs/bpf/tc/globals/tun_iface'));
    const show = ['ip', '-j', 'link', 'show', 'tun1'];
    const [tun1] =
      more !== '' ? runJson(show[0]!, ...show.slice(1)) : JSON.parse(inside('ip', 'netns', 'exec', 'host', ...show));
    const bytes = Uint8Array.from(entry.value as string[], Number);
    expect(new Uint32Array(bytes.buffer)[0]).toBe(tun1.ifindex); // host byte order
    expect(inside('ip', 'netns', 'exec', 'ns1', 'ping', '-c', '2', '-i', '0.2', '-W', '2', '10.10.1.102')).toContain(
      '2 received',
    );

    expect(await demo()).toEqual({
      status: 1,
      stdout: '',
      stderr: 'an earlier run was kept; remove it first, by --clean\n',
    });

    const cleaned = await demo('--clean');
    expect({ status: cleaned.status, stderr: cleaned.stderr }).toEqual({ status: 0, stderr: '' });
    expect(cleaned.stdout).toContain('removed: mount namespace kept at /run/nlbpf-demo/mounts');
    await expectNothingLeft(before, held);
  });
});
