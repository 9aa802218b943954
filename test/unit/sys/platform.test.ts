import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { syscallNumbers } from '../../../src/sys/syscall-numbers.js';

const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
const arch = Object.getOwnPropertyDescriptor(process, 'arch')!;

beforeEach(() => void vi.resetModules());
afterEach(() => {
  Object.defineProperty(process, 'platform', platform);
  Object.defineProperty(process, 'arch', arch);
});

describe('system call numbers', () => {
  test.each([
    ['x64', 321],
    ['arm64', 280],
    ['riscv64', 280],
    ['loong64', 280],
    ['ppc64', 361],
    ['ia32', 357],
    ['arm', 386],
  ])('of %s are known', (name, bpf) => {
    expect(syscallNumbers(name).bpf).toBe(bpf);
  });

  test('of another architecture are a clear error', () => {
    expect(() => syscallNumbers('mips')).toThrow(
      'nlbpf has no system call numbers for mips; it runs on x64, ia32, arm, ppc64, arm64, riscv64, loong64',
    );
  });
});

describe('a system that is not Linux', () => {
  test('imports everything, and fails at the first system call', async () => {
    Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
    const { Socket } = await import('../../../src/sys/socket.js');
    await import('../../../src/sys/mount.js');
    await import('../../../src/sys/sysctl.js');
    let error: unknown;
    try {
      Socket.open(16, 3, 0);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'PlatformError', code: 'ERR_UNSUPPORTED_PLATFORM' });
    expect((error as Error).message).toBe('nlbpf runs on Linux only, this is darwin');
  });

  test('is told apart from an architecture without numbers', async () => {
    Object.defineProperty(process, 'arch', { ...arch, value: 's390x' });
    const { libc } = await import('../../../src/sys/libc.js');
    expect(() => libc()).toThrow('no system call numbers for s390x');
  });
});
