import { check } from '../../sys/errno.js';
import { ClosedError, closedOnError } from '../../sys/fd.js';
import type { Socket } from '../../sys/socket.js';
import { EAGAIN, EINTR, ENOBUFS } from '../../uapi/errno.js';
import { NETLINK_ADD_MEMBERSHIP, NETLINK_ROUTE, NLM_F_REPLACE, NLMSG_HDRLEN } from '../../uapi/netlink.js';
import { AF_NETLINK, MSG_PEEK, MSG_TRUNC, SOL_NETLINK } from '../../uapi/socket.js';
import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import { eachMessage, flagsOf, typeOf } from '../framing.js';
import { Inbox } from '../inbox.js';
import { isFromKernel, openNetlink } from '../open.js';
import type { Operation } from '../request.js';
import { type Event, Known } from './known.js';
import { WATCHED, type Watched, type WatchedObject } from './objects.js';

/** A change of a link, an address or a route. */
export type Change<K extends keyof Watched = keyof Watched> = {
  readonly [O in K]: { readonly object: O } & Event<Watched[O]>;
}[K];

export interface WatchOptions {
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
  /** Begin with what is there, as events `present`. */
  readonly snapshot?: boolean | undefined;
  /** Bytes that the kernel may hold for changes not yet read; default 1 MiB. More needs no resynchronisation sooner. */
  readonly receiveBuffer?: number | undefined;
}

/** Carries an operation out, for the lists that a watch begins and resynchronises with. */
type Run = <T>(operation: Operation<T>) => Promise<T>;

// biome-ignore lint/suspicious/noExplicitAny: one row of any kind of object.
type AnyObject = WatchedObject<any>;
interface Row {
  readonly object: keyof Watched;
  readonly rules: AnyObject;
  readonly known: Known<object>;
}

/** struct sockaddr_nl: a port that the kernel chooses, no groups. */
const ANY_PORT = new Uint8Array(12);
new Uint16Array(ANY_PORT.buffer, 0, 1)[0] = AF_NETLINK;

/**
 * Changes as they happen, without a gap: subscribed first, then listed. When changes come faster than they are read, the
 * kernel drops some and says so (ENOBUFS); then everything is listed again, and the differences are the events missed.
 */
export class Watch {
  readonly #socket: Socket;
  readonly #rows: readonly Row[];
  readonly #run: Run;
  readonly #options: WatchOptions;
  readonly #inbox = new Inbox();

  /** Subscribes at once. Throws EncodeError, SystemError. */
  constructor(
    objects: readonly (keyof Watched)[],
    netns: { readonly fd: number } | undefined,
    run: Run,
    options: WatchOptions,
  ) {
    this.#rows = objects.map((object) => {
      const rules: AnyObject | undefined = WATCHED[object];
      if (rules !== undefined) return { object, rules, known: new Known(rules) };
      throw new EncodeError(`can be watched: ${Object.keys(WATCHED).join(', ')}; not ${show(object)}`).during('watch');
    });
    this.#run = run;
    this.#options = options;
    this.#socket = openNetlink(NETLINK_ROUTE, netns);
    closedOnError(this.#socket, () => this.#subscribe(options.receiveBuffer ?? 1 << 20));
  }

  #subscribe(receiveBuffer: number): void {
    this.#socket.setReceiveBuffer(receiveBuffer);
    // Without a port of its own the socket is passed over: the kernel's own changes exclude port 0, the kernel's
    // (do_one_broadcast() in net/netlink/af_netlink.c, v6.12).
    this.#socket.bind(ANY_PORT);
    for (const { rules } of this.#rows) {
      for (const group of rules.groups) this.#socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    }
  }

  /** Ends when the signal aborts, or whoever iterates stops. */
  async *changes(): AsyncGenerator<Change, void, undefined> {
    const { signal, snapshot } = this.#options;
    try {
      for await (const change of this.#listed()) if (snapshot) yield { ...change, event: 'present' } as Change;
      while (!signal?.aborted) {
        await this.#socket.readable(signal);
        yield* this.#received();
      }
    } catch (error) {
      if (!signal?.aborted && !(error instanceof ClosedError)) throw error;
    } finally {
      this.#socket.close();
    }
  }

  /** What is there, as differences from what was known. */
  async *#listed(): AsyncGenerator<Change, void, undefined> {
    for (const { object, rules, known } of this.#rows) {
      const values = (await this.#run(rules.list())) as readonly object[];
      for (const event of known.replaceAll(values)) yield { object, ...event } as Change;
    }
  }

  /** All that can be read without waiting. */
  async *#received(): AsyncGenerator<Change, void, undefined> {
    for (;;) {
      const length = this.#receive();
      if (length === -EAGAIN) return;
      if (length === -ENOBUFS) {
        this.#discard();
        yield* this.#listed();
      } else {
        check(length, 'recvfrom', 'a watch');
        if (isFromKernel(this.#socket)) yield* this.#decode(length);
      }
    }
  }

  #receive(): number {
    for (;;) {
      const size = this.#socket.receive(this.#inbox.memory, MSG_PEEK | MSG_TRUNC);
      this.#inbox.fit(size);
      const length = size < 0 ? size : this.#socket.receive(this.#inbox.memory, MSG_TRUNC);
      if (length !== -EINTR) return length;
    }
  }

  /** What came before the new list was made is in it; what comes while it is made is read after. */
  #discard(): void {
    while (this.#receive() !== -EAGAIN);
  }

  #decode(length: number): Change[] {
    const changes: Change[] = [];
    eachMessage(this.#inbox.reader, length, (at, end) => {
      const change = this.#changeOf(at, end);
      if (change !== undefined) changes.push(change);
      return true;
    });
    return changes;
  }

  #changeOf(at: number, end: number): Change | undefined {
    const { reader } = this.#inbox;
    const type = typeOf(reader, at);
    const row = this.#rows.find(({ rules }) => rules.newType === type || rules.deleteType === type);
    if (row === undefined) return undefined;
    const value = row.rules.codec.decode(reader, at + NLMSG_HDRLEN, end) as object;
    const replaces = (flagsOf(reader, at) & NLM_F_REPLACE) !== 0;
    const event = type === row.rules.newType ? row.known.put(value, replaces) : row.known.remove(value);
    return event === undefined ? undefined : ({ object: row.object, ...event } as Change);
  }
}
