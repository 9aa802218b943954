import { closeSync } from 'node:fs';
import { NlbpfError } from '../wire/error.js';
import { SystemError } from './errno.js';

/** A handle that was closed is used. */
export class ClosedError extends NlbpfError {
  override readonly name = 'ClosedError';
  override readonly code = 'ERR_CLOSED';
}

/** What outlives an {@link Fd}, so that the descriptor can be closed after the object was collected. */
interface State {
  readonly fd: number;
  readonly what: string;
  readonly stack: string;
  readonly beforeClose: (() => void)[];
}

const unclosed = new FinalizationRegistry((state: State) => {
  let outcome = 'and is closed now';
  try {
    release(state);
  } catch (error) {
    outcome = `and cannot be closed now (${String(error)})`;
  }
  process.emitWarning(`${state.what} was never closed, ${outcome}; it was made here:\n${state.stack}`, {
    type: 'ResourceWarning',
    code: 'NLBPF_UNCLOSED',
  });
});

function release(state: State): void {
  for (const callback of state.beforeClose) callback();
  try {
    closeSync(state.fd);
  } catch (error) {
    throw SystemError.from(error, state.what);
  }
}

/**
 * A file descriptor with one owner: closed once, by {@link Fd.close}, or by the garbage collector with a warning
 * (code `NLBPF_UNCLOSED`) that tells where it was made. Whoever makes the descriptor makes it close-on-exec.
 */
export class Fd {
  readonly #state: State;
  #closed = false;
  #users = 0;

  /** Takes `fd` over. `what` names it in errors and warnings: `a netlink socket`. */
  constructor(fd: number, what: string) {
    this.#state = { fd, what, stack: creationStack(), beforeClose: [] };
    unclosed.register(this, this.#state, this);
  }

  /** The number. Throws {@link ClosedError} once closed: the kernel may have given the number to something else. */
  get fd(): number {
    if (this.#closed) throw new ClosedError(`${this.what} is closed`);
    return this.#state.fd;
  }

  /** What the descriptor is for, as a text. */
  get what(): string {
    return this.#state.what;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls `callback` just before the descriptor is closed. It must not refer to this object. */
  beforeClose(callback: () => void): void {
    this.#state.beforeClose.push(callback);
  }

  /**
   * Carries out a call on another thread. Closing meanwhile closes this object at once, and the descriptor when the call
   * is done: the number must not come to mean another file under it.
   */
  async use<T>(call: (fd: number) => Promise<T>): Promise<T> {
    const { fd } = this;
    this.#users++;
    try {
      return await call(fd);
    } finally {
      this.#users--;
      if (this.#closed && this.#users === 0) release(this.#state);
    }
  }

  /** May be called again, without effect. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unclosed.unregister(this);
    if (this.#users === 0) release(this.#state);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Carries `job` out with what was just opened, and closes that if the job fails. */
export function closedOnError<Owned extends { close(): void }, T>(owned: Owned, job: (owned: Owned) => T): T {
  try {
    return job(owned);
  } catch (error) {
    owned.close();
    throw error;
  }
}

/** Formatted at once: an unformatted stack refers to the objects on it, which then are never collected. */
function creationStack(): string {
  return (new Error().stack ?? '').split('\n').slice(3).join('\n');
}
