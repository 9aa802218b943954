import { PlatformError } from './errno.js';

/** Numbers of the system calls that C libraries have no function for. */
export interface SyscallNumbers {
  readonly bpf: number;
  readonly perf_event_open: number;
  readonly pidfd_open: number;
}

/** The table of include/uapi/asm-generic/unistd.h, shared by the newer architectures. */
const GENERIC: SyscallNumbers = { bpf: 280, perf_event_open: 241, pidfd_open: 434 };

/** By `process.arch`. Source: arch/ARCH/.../syscalls*.tbl and scripts/syscall.tbl (v7.3). */
const NUMBERS: Readonly<Record<string, SyscallNumbers>> = {
  x64: { bpf: 321, perf_event_open: 298, pidfd_open: 434 },
  ia32: { bpf: 357, perf_event_open: 336, pidfd_open: 434 },
  arm: { bpf: 386, perf_event_open: 364, pidfd_open: 434 },
  ppc64: { bpf: 361, perf_event_open: 319, pidfd_open: 434 },
  arm64: GENERIC,
  riscv64: GENERIC,
  loong64: GENERIC,
};

/** The numbers of an architecture as `process.arch` names it. Throws {@link PlatformError} for one without numbers. */
export function syscallNumbers(arch: string = process.arch): SyscallNumbers {
  const numbers = NUMBERS[arch];
  if (numbers === undefined) {
    throw new PlatformError(
      `nlbpf has no system call numbers for ${arch}; it runs on ${Object.keys(NUMBERS).join(', ')}`,
    );
  }
  return numbers;
}
