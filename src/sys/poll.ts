import { check } from './errno.js';
import { ClosedError, Fd } from './fd.js';
import { koffi, libc } from './libc.js';
import { keepReachable, Memory } from './memory.js';

type PollHandle = ReturnType<ReturnType<typeof koffi>['node']['poll']>;

interface Waiter {
  resolve(): void;
  reject(reason: unknown): void;
}

/** One libuv handle, shared by all that wait for the same descriptor. */
interface Wait {
  readonly handle: PollHandle;
  readonly waiters: Set<Waiter>;
}

/** By descriptor number: libuv has at most one handle for each, and koffi aborts the process at a second one. */
const waits = new Map<number, Wait>();
const prepared = new WeakSet<Fd>();

/**
 * Waits until reading from `fd` does not block: there is data, the end, or an error to fetch.
 *
 * Takes no thread and no timer, and nothing is left behind after it. Rejects with the signal's reason when `signal`
 * aborts, with {@link ClosedError} when `fd` is closed meanwhile, and with SystemError (EPERM) if this kind of file
 * cannot be waited for.
 */
export function readable(fd: Fd, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    prepare(fd);
    const number = fd.fd;
    const onAbort = (): void => {
      finish(() => reject(signal?.reason));
      if (waits.get(number)?.waiters.size === 0) end(number);
    };
    const finish = (settle: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      waits.get(number)?.waiters.delete(waiter);
      settle();
    };
    const waiter: Waiter = { resolve: () => finish(resolve), reject: (reason) => finish(() => reject(reason)) };
    const wait = waits.get(number) ?? start(number);
    wait.waiters.add(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Yields each time that `fd` is readable; whoever iterates reads before asking again. Ends when `signal` aborts and when
 * `fd` is closed.
 */
export async function* readiness(fd: Fd, signal?: AbortSignal): AsyncGenerator<void, void, void> {
  while (!fd.closed && !signal?.aborted) {
    try {
      await readable(fd, signal);
    } catch (error) {
      if (fd.closed || signal?.aborted) return;
      throw error;
    }
    yield;
  }
}

/**
 * A new handle for each wait costs 2 us more than starting an old one again, and there is none that could outlive its
 * descriptor. A negative status is an error condition of the file (a socket that lost messages): reading tells which.
 */
function start(number: number): Wait {
  // koffi 3.3 calls back in no callback scope, after which Node.js 26 leaves promises to the next event, however late
  // that is. Immediates come right after polling, and promises after them.
  const handle = koffi().node.poll(number, { readable: true }, () => setImmediate(ready));
  const wait: Wait = { handle, waiters: new Set() };
  const ready = (): void => {
    if (waits.get(number) !== wait) return;
    end(number);
    for (const waiter of [...wait.waiters]) waiter.resolve();
  };
  waits.set(number, wait);
  return wait;
}

function end(number: number): void {
  waits.get(number)?.handle.close();
  waits.delete(number);
}

/** Once for each descriptor, before the first wait. */
function prepare(fd: Fd): void {
  if (prepared.has(fd)) return;
  checkPollable(fd);
  const { fd: number, what } = fd;
  fd.beforeClose(() => {
    const waiters = waits.get(number)?.waiters ?? [];
    end(number);
    for (const waiter of [...waiters]) waiter.reject(new ClosedError(`${what} was closed while it was waited for`));
  });
  prepared.add(fd);
}

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;

/** epoll refuses regular files and BPF programs, and koffi then aborts the process: asked first. */
function checkPollable(fd: Fd): void {
  using epoll = new Fd(check(libc().epoll_create1(EPOLL_CLOEXEC), 'epoll_create1'), 'an epoll instance');
  const event = Memory.allocate(16);
  const result = keepReachable(event, () => libc().epoll_ctl(epoll.fd, EPOLL_CTL_ADD, fd.fd, event.address));
  check(result, 'epoll_ctl', fd.what);
}
