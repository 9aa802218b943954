import { NETLINK_ROUTE } from '../uapi/netlink.js';
import { addressOperations } from './address/operations.js';
import { Batch } from './batch.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { linkOperations } from './link/operations.js';
import { openNetlink } from './open.js';
import {
  type Async,
  type AsyncOptions,
  type Operation,
  type Operations,
  type Request,
  Stream,
  type Sync,
} from './request.js';
import { routeOperations } from './route/operations.js';
import type { Watched } from './watch/objects.js';
import { type Change, Watch, type WatchOptions } from './watch/watch.js';

/** An operation begins before there are replies. */
const NOTHING: readonly unknown[] = [];
/** Connections that are kept open for the next promise or stream; more are closed after use. */
const IDLE_LIMIT = 8;

/** How an {@link RtNetlink} is opened. */
export interface RtNetlinkOptions {
  /** The network namespace to work in, from anywhere and for ever after; default: the current one. */
  readonly netns?: { readonly fd: number } | undefined;
  /**
   * Told of remarks that the kernel makes on requests that it carries out nevertheless. Default: a warning of the
   * process, with code NLBPF_KERNEL_WARNING.
   */
  readonly onWarning?: ConnectionOptions['onWarning'];
}

/**
 * rtnetlink in one network namespace: links, addresses, routes.
 *
 * Methods answer when the kernel has; those under {@link async} do the same from a thread, for what sleeps in the
 * kernel. All throw NetlinkError (the kernel refused), EncodeError (a value cannot be sent) and DecodeError.
 */
export class RtNetlink {
  readonly links: Sync<typeof linkOperations>;
  readonly addresses: Sync<typeof addressOperations>;
  readonly routes: Sync<typeof routeOperations>;
  /** The same operations as promises; each takes `{ signal }` as one more argument. */
  readonly async: {
    readonly links: Async<typeof linkOperations>;
    readonly addresses: Async<typeof addressOperations>;
    readonly routes: Async<typeof routeOperations>;
  };
  readonly #options: ConnectionOptions;
  readonly #connection: Connection;
  readonly #idle: Connection[] = [];
  #batch: Batch | undefined;

  constructor(options: RtNetlinkOptions = {}) {
    this.#options = { onWarning: options.onWarning ?? warnProcess };
    this.#connection = new Connection(openNetlink(NETLINK_ROUTE, options.netns), this.#options);
    this.links = this.bind(linkOperations);
    this.addresses = this.bind(addressOperations);
    this.routes = this.bind(routeOperations);
    this.async = {
      links: this.bindAsync(linkOperations),
      addresses: this.bindAsync(addressOperations),
      routes: this.bindAsync(routeOperations),
    };
  }

  /**
   * Changes of links, addresses and routes as they happen, without a gap. Subscribed when this returns. Needs
   * CAP_NET_ADMIN for a receive buffer beyond the system's limit.
   *
   * ```ts
   * for await (const { object, event, value } of rt.watch(['link', 'route'], { signal })) console.log(event, value);
   * ```
   */
  watch<K extends keyof Watched>(objects: readonly K[], options: WatchOptions = {}): AsyncGenerator<Change<K>, void> {
    using netns = this.#connection.netns();
    const watch = new Watch(objects, netns, (operation) => this.runAsync(operation), options);
    return watch.changes() as AsyncGenerator<Change<K>, void>;
  }

  /**
   * Makes many changes with few system calls: what `call` asks for by the methods of this object, and of a
   * TrafficControl over it, is gathered and sent 128 changes at a time, 2 to 3 times as fast as one by one. They are
   * carried out in order, each whatever became of those before it; questions (get, list) are answered in their turn.
   * Remarks that the kernel makes on changes that it carries out are not told. `call` must be synchronous, and what
   * changes refer to by descriptor (a namespace, a program) must stay open until the batch ends.
   *
   * ```ts
   * rt.batch(() => {
   *   for (const dst of prefixes) rt.routes.add({ dst, gateway: '10.0.0.1', oif });
   * });
   * ```
   *
   * @throws BatchError when changes failed: which, and why. What `call` throws ends the batch, and is thrown.
   */
  batch<T>(call: () => T): T {
    if (this.#batch !== undefined) return call();
    const batch = new Batch(this.#connection);
    this.#batch = batch;
    let result: T;
    try {
      result = call();
    } catch (error) {
      return batch.breakOff(error);
    } finally {
      this.#batch = undefined;
    }
    batch.finish();
    return result;
  }

  /** Operations as methods of this connection. */
  bind<O extends Operations>(operations: O): Sync<O> {
    const entries = Object.entries(operations).map(([name, operation]) => [
      name,
      (...args: unknown[]) => {
        const asked = operation(...args);
        return asked instanceof Stream ? this.#stream(this.run(asked.request)) : this.run(asked);
      },
    ]);
    return Object.fromEntries(entries) as Sync<O>;
  }

  /** Operations as methods that answer with promises. */
  bindAsync<O extends Operations>(operations: O): Async<O> {
    const entries = Object.entries(operations).map(([name, operation]) => [
      name,
      (...args: unknown[]) => {
        const options = args[operation.length] as AsyncOptions | undefined;
        const asked = operation(...args.slice(0, operation.length));
        return asked instanceof Stream ? this.#streamAsync(asked, options) : this.runAsync(asked, options);
      },
    ]);
    return Object.fromEntries(entries) as Async<O>;
  }

  /** Carries an operation out now. */
  run<T>(operation: Operation<T>): T {
    let step = operation.next(NOTHING);
    while (!step.done) {
      let replies: readonly unknown[];
      try {
        replies = (this.#batch ?? this.#connection).exchange(step.value);
      } catch (error) {
        step = operation.throw(error);
        continue;
      }
      step = operation.next(replies);
    }
    return step.value;
  }

  /** Carries an operation out on a thread of the pool; several at once each have a socket of their own. */
  async runAsync<T>(operation: Operation<T>, { signal }: AsyncOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    const connection = this.#borrow();
    const running = this.#drive(operation, connection, signal);
    running.then(
      () => this.#giveBack(connection),
      () => connection.close(),
    );
    return signal === undefined ? running : untilAborted(running, signal);
  }

  async #drive<T>(operation: Operation<T>, connection: Connection, signal: AbortSignal | undefined): Promise<T> {
    let step = operation.next(NOTHING);
    while (!step.done) {
      signal?.throwIfAborted();
      let replies: readonly unknown[];
      try {
        replies = await connection.exchangeAsync(step.value);
      } catch (error) {
        step = operation.throw(error);
        continue;
      }
      step = operation.next(replies);
    }
    return step.value;
  }

  /** A stream has a connection of its own, so that requests can be made while it is read. */
  *#stream<T>(request: Request<T>): Generator<T, void, undefined> {
    const connection = this.#borrow();
    let finished = false;
    try {
      for (const batch of connection.stream(request)) yield* batch;
      finished = true;
    } finally {
      if (finished) this.#giveBack(connection);
      else connection.close();
    }
  }

  async *#streamAsync<T>(stream: Stream<T>, options: AsyncOptions | undefined): AsyncGenerator<T, void, undefined> {
    const request = await this.runAsync(stream.request, options);
    const connection = this.#borrow();
    let finished = false;
    try {
      for await (const batch of connection.streamAsync(request)) {
        for (const value of batch) {
          options?.signal?.throwIfAborted();
          yield value;
        }
      }
      finished = true;
    } finally {
      if (finished) this.#giveBack(connection);
      else connection.close();
    }
  }

  #borrow(): Connection {
    this.#batch?.flush();
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    using netns = this.#connection.netns();
    return new Connection(openNetlink(NETLINK_ROUTE, netns), this.#options);
  }

  #giveBack(connection: Connection): void {
    if (this.#connection.closed || this.#idle.length >= IDLE_LIMIT) connection.close();
    else this.#idle.push(connection);
  }

  /** May be called twice. Promises under way still settle. */
  close(): void {
    this.#connection.close();
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function warnProcess({ operation, message }: { operation: string; message: string }): void {
  process.emitWarning(`${operation}: ${message}`, { type: 'KernelWarning', code: 'NLBPF_KERNEL_WARNING' });
}

async function untilAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    stop = () => signal.removeEventListener('abort', abort);
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    stop();
  }
}
