import { expect, test } from 'vitest';
import { sysctlPath } from '../../../src/sys/sysctl.js';

test.each([
  ['net.ipv4.ip_forward', '/proc/sys/net/ipv4/ip_forward'],
  ['net/ipv4/conf/eth0.1/rp_filter', '/proc/sys/net/ipv4/conf/eth0.1/rp_filter'],
  ['net.ipv4.conf.eth0/1.rp_filter', '/proc/sys/net/ipv4/conf/eth0.1/rp_filter'],
])('%s is %s', (name, path) => {
  expect(sysctlPath(name)).toBe(path);
});

test.each(['', '.', 'net..ipv4', 'net/../../etc/passwd', '/etc/passwd', '../x', 'net.ipv4.', 'net\0x'])(
  '%j is no name of a setting',
  (name) => {
    expect(() => sysctlPath(name)).toThrow('not the name of a kernel setting');
  },
);
