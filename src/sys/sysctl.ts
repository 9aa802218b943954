import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { EncodeError } from '../wire/error.js';
import { SystemError } from './errno.js';
import { inNetns } from './netns.js';

/** Kernel settings under /proc/sys, of one network namespace. */
export interface Sysctl {
  /** The value as text, without the newline at its end. Throws SystemError: ENOENT for a name there is not. */
  get(name: string): string;
  /** Throws SystemError: ENOENT, EINVAL for a value the kernel refuses, EACCES or EPERM. Lasts until set again. */
  set(name: string, value: string | number | bigint): void;
}

/**
 * Settings of the network namespace `netns`, or of the current one.
 *
 * Names are those of sysctl(8): with dots, `net.ipv4.ip_forward`, where a slash stands for a dot of a device's name
 * (`net.ipv4.conf.eth0/1.rp_filter`); or with slashes, `net/ipv4/conf/eth0.1/rp_filter`.
 */
export function sysctl(netns?: { readonly fd: number }): Sysctl {
  const inside = <T>(name: string, call: (path: string) => T, value = ''): T => {
    const path = sysctlPath(name);
    try {
      return netns === undefined ? call(path) : inNetns(netns.fd, () => call(path));
    } catch (error) {
      throw SystemError.from(error, `sysctl ${name}${value}`);
    }
  };
  return {
    get: (name) => inside(name, (path) => readFileSync(path, 'utf8').replace(/\n$/, '')),
    set: (name, value) => inside(name, (path) => write(path, String(value)), ` = ${value}`),
  };
}

/** One write(2): the kernel takes each as a whole new value. */
function write(path: string, value: string): void {
  const fd = openSync(path, 'r+');
  try {
    writeSync(fd, value);
  } finally {
    closeSync(fd);
  }
}

/** The file of a setting. Throws EncodeError if it would lie outside /proc/sys. */
export function sysctlPath(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  const path = separator === '.' ? name.replace(/[./]/g, (c) => (c === '.' ? '/' : '.')) : name;
  const parts = path.split('/');
  if (name.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new EncodeError(`not the name of a kernel setting: ${JSON.stringify(name)}`, 'name');
  }
  return `/proc/sys/${path}`;
}
