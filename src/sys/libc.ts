import { createRequire } from 'node:module';
import { once } from '../wire/once.js';
import { PlatformError } from './errno.js';
import { syscallNumbers } from './syscall-numbers.js';

type Koffi = typeof import('koffi');
/** How an argument or a result is passed. Addresses are numbers: user space ends below 2^53 everywhere. */
type CType = 'int' | 'uint' | 'size_t' | 'intptr_t' | 'uintptr_t' | 'str';

/**
 * A function of the C library. Answers its result, or the negative error number; it throws nothing.
 * `async` calls it on a thread of libuv's pool; whoever calls must keep the memory behind addresses reachable.
 */
export interface LibcFunction<A extends readonly (number | string | null)[]> {
  (...args: A): number;
  async(...args: A): Promise<number>;
}

const define = <A extends readonly (number | string | null)[]>(result: CType, ...args: CType[]) => ({
  result,
  args,
  type: undefined as unknown as LibcFunction<A>,
});

/** Every function that nlbpf calls, declared once. */
const DECLARATIONS = {
  getpid: define<[]>('int'),
  syscall: define<[number: number, a: number, b: number, c: number, d: number, e: number]>(
    'intptr_t',
    ...(['intptr_t', 'intptr_t', 'uintptr_t', 'uintptr_t', 'uintptr_t', 'uintptr_t'] as const),
  ),

  socket: define<[domain: number, type: number, protocol: number]>('int', 'int', 'int', 'int'),
  bind: define<[fd: number, sockaddr: number, length: number]>('int', 'int', 'uintptr_t', 'uint'),
  connect: define<[fd: number, sockaddr: number, length: number]>('int', 'int', 'uintptr_t', 'uint'),
  getsockname: define<[fd: number, sockaddr: number, length: number]>('int', 'int', 'uintptr_t', 'uintptr_t'),
  getsockopt: define<[fd: number, level: number, name: number, value: number, length: number]>(
    'int',
    ...(['int', 'int', 'int', 'uintptr_t', 'uintptr_t'] as const),
  ),
  setsockopt: define<[fd: number, level: number, name: number, value: number, length: number]>(
    'int',
    ...(['int', 'int', 'int', 'uintptr_t', 'uint'] as const),
  ),
  sendto: define<[fd: number, data: number, length: number, flags: number, sockaddr: number, addressLength: number]>(
    'intptr_t',
    ...(['int', 'uintptr_t', 'size_t', 'int', 'uintptr_t', 'uint'] as const),
  ),
  recvfrom: define<[fd: number, data: number, length: number, flags: number, sockaddr: number, addressLength: number]>(
    'intptr_t',
    ...(['int', 'uintptr_t', 'size_t', 'int', 'uintptr_t', 'uintptr_t'] as const),
  ),

  epoll_create1: define<[flags: number]>('int', 'int'),
  epoll_ctl: define<[epoll: number, operation: number, fd: number, event: number]>(
    'int',
    ...(['int', 'int', 'int', 'uintptr_t'] as const),
  ),
  ioctl: define<[fd: number, request: number, argument: number]>('int', 'int', 'uintptr_t', 'uintptr_t'),
  pthread_sigmask: define<[how: number, set: number, old: number]>('int', 'int', 'uintptr_t', 'uintptr_t'),
  flock: define<[fd: number, operation: number]>('int', 'int', 'int'),
  setns: define<[fd: number, type: number]>('int', 'int', 'int'),
  unshare: define<[flags: number]>('int', 'int'),
  mount: define<[source: string, target: string, type: string, flags: number, data: string | null]>(
    'int',
    ...(['str', 'str', 'str', 'uintptr_t', 'str'] as const),
  ),
  umount2: define<[target: string, flags: number]>('int', 'str', 'int'),
  mmap: define<[address: number, length: number, protection: number, flags: number, fd: number, offset: number]>(
    'intptr_t',
    ...(['uintptr_t', 'size_t', 'int', 'int', 'int', 'intptr_t'] as const),
  ),
  munmap: define<[address: number, length: number]>('int', 'uintptr_t', 'size_t'),
  getrlimit: define<[resource: number, limit: number]>('int', 'int', 'uintptr_t'),
  setrlimit: define<[resource: number, limit: number]>('int', 'int', 'uintptr_t'),
};

type Declarations = typeof DECLARATIONS;
/** The C library, bound. */
export type Libc = { readonly [Name in keyof Declarations]: Declarations[Name]['type'] };

let bound: Libc | undefined;
let loaded: Koffi | undefined;

/**
 * The C library, loaded at the first call.
 *
 * Throws {@link PlatformError} on systems other than Linux, on an architecture without system call numbers, and where
 * koffi has no binary for the platform.
 */
export function libc(): Libc {
  bound ??= bind();
  return bound;
}

/** koffi itself, loaded at the first call; for its poll handles and addresses. Throws as {@link libc}. */
export function koffi(): Koffi {
  loaded ??= load();
  return loaded;
}

function load(): Koffi {
  if (process.platform !== 'linux') throw new PlatformError(`nlbpf runs on Linux only, this is ${process.platform}`);
  syscallNumbers();
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    // Node.js adds lines about who asked for it.
    const [why] = String(cause).split('\n');
    throw new PlatformError(`koffi, which nlbpf reaches the kernel through, cannot be loaded: ${why}`, { cause });
  }
}

function bind(): Libc {
  // The process is linked with its C library, glibc or musl; no file name is needed.
  const library = koffi().load(null);
  const bindings = Object.entries(DECLARATIONS).map(([name, { result, args }]) => [
    name,
    wrap(once(() => library.func(name, result, args))),
  ]);
  return Object.fromEntries(bindings) as Libc;
}

type Raw = ReturnType<ReturnType<Koffi['load']>['func']>;
type Argument = number | string | null | undefined;

/** Six parameters fit every function; koffi ignores what is too many, and a rest parameter would cost 15 ns a call. */
function wrap(raw: () => Raw): LibcFunction<(number | string | null)[]> {
  const { errno } = koffi();
  const call = (a: Argument, b: Argument, c: Argument, d: Argument, e: Argument, f: Argument): number => {
    const result: number = raw()(a, b, c, d, e, f);
    return result === -1 ? -errno() : result;
  };
  return Object.assign(call as (...args: (number | string | null)[]) => number, {
    async: (...args: (number | string | null)[]) => inThreadPool(raw(), args),
  });
}

/** koffi throws above 256 calls in flight; the pool has four threads by default, so that fewer lose nothing. */
const MAX_IN_FLIGHT = 128;
let inFlight = 0;
const waiting: (() => void)[] = [];

async function inThreadPool(raw: Raw, args: (number | string | null)[]): Promise<number> {
  while (inFlight >= MAX_IN_FLIGHT) await new Promise<void>((resolve) => waiting.push(resolve));
  inFlight++;
  try {
    return await new Promise<number>((resolve, reject) => {
      raw.async(...args, (error: unknown, result: number) => {
        // errno is the worker's, kept for the callback since koffi 3.2.0.
        if (error) reject(error);
        else resolve(result === -1 ? -koffi().errno() : result);
      });
    });
  } finally {
    inFlight--;
    waiting.shift()?.();
  }
}
