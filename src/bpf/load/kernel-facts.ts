import { existsSync, readFileSync } from 'node:fs';
import { release, version } from 'node:os';
import { hasBpfCookie } from '../features/attach.js';
import type { KernelFacts } from '../object/kconfig.js';
import { readKallsyms } from './kallsyms.js';

let running: number | undefined;

/** The running kernel, as far as `.kconfig` variables ask; the system call wrapper as far as kprobes can see it. */
export const runningKernel: KernelFacts = {
  version: () =>
    (running ??= kernelVersion(release(), version(), tryRead('/proc/version_signature')?.toString('latin1'))),
  hasBpfCookie,
  hasSyscallWrapper: () =>
    existsSync('/sys/bus/event_source/devices/kprobe') &&
    new RegExp(`^\\w+ \\w __${SYSCALL_PREFIXES[process.arch]}_sys_bpf$`, 'm').test(readKallsyms()),
  config: () => tryRead(`/boot/config-${release()}`)?.toString() ?? gunzip(tryRead('/proc/config.gz'))?.toString(),
};

/** What functions of system calls begin with, by Node's name of the architecture. */
const SYSCALL_PREFIXES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'x64',
  arm64: 'arm64',
  ppc64: 'powerpc',
  riscv64: 'riscv',
  s390x: 's390x',
};

/**
 * KERNEL_VERSION(major, minor, patch). Debian and Ubuntu tell the release that theirs is made from elsewhere; what uname
 * calls the release has no patch level there. The patch level ends at 255, as in the kernel since 4.14.252.
 */
export function kernelVersion(release: string, version: string, signature = ''): number {
  const numbers = /(\d+)\.(\d+)(?:\.(\d+))?/;
  const upstream = /^Ubuntu \S+ (.*)/.exec(signature)?.[1] ?? /Debian (\d+\.\d+\.\d+)/.exec(version)?.[1] ?? release;
  const [, major = 0, minor = 0, patch = 0] = (numbers.exec(upstream) ?? []).map(Number);
  return (major << 16) + (minor << 8) + Math.min(255, patch || 0);
}

function tryRead(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // kernels and distributions differ in which of these files they have
  }
}

function gunzip(bytes: Buffer | undefined): Buffer | undefined {
  // Few need it, and it takes as long to load as half of nlbpf.
  return bytes && process.getBuiltinModule('node:zlib').gunzipSync(bytes);
}
