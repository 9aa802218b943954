import { SystemError } from '../sys/errno.js';
import type { Fd } from '../sys/fd.js';
import { isCurrentNetns } from '../sys/netns.js';
import type { Socket } from '../sys/socket.js';
import { EAGAIN, EINTR, ENOBUFS, EPERM } from '../uapi/errno.js';
import { MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC } from '../uapi/socket.js';
import type { NetlinkError } from './error.js';
import { interrupted, refusal, socketFailure, truncated, unanswered } from './failure.js';
import { Answer } from './framing.js';
import { Inbox } from './inbox.js';
import { isFromKernel } from './open.js';
import { Parcel } from './parcel.js';
import type { Request } from './request.js';

/** How often an interrupted dump is begun again. */
const DUMP_ATTEMPTS = 8;

/** A remark that the kernel made on a request that it carried out. */
export interface KernelWarning {
  readonly operation: string;
  readonly message: string;
}

export interface ConnectionOptions {
  readonly onWarning?: ((warning: KernelWarning) => void) | undefined;
}

/** What a connection needs of a socket; a test's fake kernel provides the same. */
export type Transport = Pick<
  Socket,
  'send' | 'receive' | 'sendAsync' | 'receiveAsync' | 'sender' | 'netns' | 'closed' | 'close'
>;

/** A request that the kernel refused. */
export interface Refusal {
  /** Its place in the parcel, from 0. */
  readonly place: number;
  readonly error: NetlinkError;
}

/** What is to be done next with the socket; `drain` receives what nobody waits for any more. */
type Step = 'drain' | 'send' | 'peek' | 'receive' | 'done';

/**
 * One netlink socket, and one parcel of requests at a time on it. The protocol is written once, as steps that follow
 * from what the step before came to (`#advance`); they are carried out at once, or on threads of the pool.
 */
export class Connection {
  readonly #socket: Transport;
  readonly #options: ConnectionOptions;
  /** For requests that go alone. */
  readonly #alone = new Parcel();
  readonly #inbox = new Inbox();
  #sequence = 0;
  /** An answer was not read to its end: the reader stopped, or it could not be decoded. */
  #unread = false;

  /* What is under way. */
  #parcel: Parcel = this.#alone;
  #answer = new Answer<unknown>(this.#parcel);
  #step: Step = 'done';

  /** Over a socket that is set up; it is closed with the connection. See openNetlink in open.ts. */
  constructor(socket: Transport, options: ConnectionOptions = {}) {
    this.#socket = socket;
    this.#options = options;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  close(): void {
    this.#socket.close();
  }

  /**
   * The namespace that the socket belongs to, as a descriptor that the caller closes; undefined when that is the current
   * one. It is so, too, where the kernel does not tell (without CAP_NET_ADMIN): such a process cannot have entered one.
   */
  netns(): Fd | undefined {
    let netns: Fd;
    try {
      netns = this.#socket.netns();
    } catch (error) {
      if (error instanceof SystemError && error.errno === -EPERM) return undefined;
      throw error;
    }
    if (!isCurrentNetns(netns.fd)) return netns;
    netns.close();
    return undefined;
  }

  /** Carries a request out now. Throws NetlinkError, EncodeError, DecodeError. */
  exchange<T>(request: Request<T>): readonly T[] {
    for (let attempt = 1; ; attempt++) {
      const answer = this.#ask(request);
      this.#carryOut();
      if (this.#isWhole(request, answer, attempt)) return answer.values;
    }
  }

  /** The same from a thread of the pool, for requests that sleep in the kernel. One at a time. */
  async exchangeAsync<T>(request: Request<T>): Promise<readonly T[]> {
    for (let attempt = 1; ; attempt++) {
      const answer = this.#ask(request);
      while (this.#step !== 'done') this.#advance(await this.#performAsync());
      if (this.#isWhole(request, answer, attempt)) return answer.values;
    }
  }

  /** The replies datagram by datagram. An interrupted dump ends in an error, after all that was read. */
  *stream<T>(request: Request<T>): Generator<readonly T[], void, undefined> {
    const answer = this.#ask(request);
    while (this.#step !== 'done') {
      this.#advance(this.#perform());
      if (answer.values.length > 0) yield answer.take();
    }
    this.#conclude(request, answer);
    if (answer.interrupted) throw interrupted(request);
  }

  /** See {@link stream}. */
  async *streamAsync<T>(request: Request<T>): AsyncGenerator<readonly T[], void, undefined> {
    const answer = this.#ask(request);
    while (this.#step !== 'done') {
      this.#advance(await this.#performAsync());
      if (answer.values.length > 0) yield answer.take();
    }
    this.#conclude(request, answer);
    if (answer.interrupted) throw interrupted(request);
  }

  /** Adds a request that wants no reply to a parcel of this connection. Throws EncodeError. */
  pack(parcel: Parcel, request: Request): void {
    const sequence = this.#sequence === 0xffffffff ? 1 : this.#sequence + 1; // 0 is for what nobody asked for
    parcel.add(request, sequence);
    this.#sequence = sequence; // a number for each that is sent, without gaps
  }

  /** Carries out the requests of a parcel, each whatever became of the others; answers those that were refused. */
  deliver(parcel: Parcel): readonly Refusal[] {
    const { verdicts } = this.#begin(parcel);
    this.#carryOut();
    const refused = verdicts.filter(({ errno }) => errno !== 0);
    return refused.map((verdict) => ({
      place: parcel.placeOf(verdict.sequence),
      error: refusal(parcel.requestOf(verdict.sequence)!, verdict),
    }));
  }

  /** Begins with a request that goes alone. */
  #ask<T>(request: Request<T>): Answer<T> {
    this.#alone.clear();
    this.pack(this.#alone, request);
    return this.#begin(this.#alone) as Answer<T>;
  }

  #begin(parcel: Parcel): Answer<unknown> {
    parcel.finish();
    this.#parcel = parcel;
    this.#answer = new Answer(parcel);
    // What an abandoned answer left goes first, so that a dump is not refused as busy.
    this.#step = this.#unread ? 'drain' : 'send';
    return this.#answer;
  }

  #carryOut(): void {
    while (this.#step !== 'done') this.#advance(this.#perform());
  }

  #perform(): number {
    if (this.#step === 'send') return this.#socket.send(this.#parcel.memory, this.#parcel.length);
    const flags = this.#step === 'peek' ? MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT : MSG_TRUNC | MSG_DONTWAIT;
    return this.#socket.receive(this.#inbox.memory, flags);
  }

  /** Only sending, which carries the request out, and a dump's next part can take long: both happen in a thread. */
  #performAsync(): Promise<number> | number {
    if (this.#step === 'send') return this.#socket.sendAsync(this.#parcel.memory, this.#parcel.length);
    if (this.#step !== 'receive' || !this.#parcel.isDump) return this.#perform();
    return this.#socket.receiveAsync(this.#inbox.memory, MSG_TRUNC | MSG_DONTWAIT);
  }

  /** Takes in what a step came to, a length or a negative error number, and decides on the next. */
  #advance(result: number): void {
    if (result === -EINTR) return; // the same again
    if (this.#step === 'drain') {
      if (result < 0 && result !== -ENOBUFS) this.#sendNext();
      return;
    }
    if (result === -EAGAIN && this.#step !== 'send') throw unanswered(this.#parcel);
    // An error of the socket (ENOBUFS: it lost messages) is told once, be it to a peek.
    if (result < 0) throw socketFailure(this.#parcel, result);
    if (this.#step === 'receive') this.#received(result);
    else if (this.#step === 'peek') this.#peeked(result);
    else this.#sent();
  }

  #sendNext(): void {
    this.#unread = false;
    this.#step = 'send';
  }

  #sent(): void {
    this.#unread = true;
    this.#listen();
  }

  /** What may be large is looked at before it is received: it must find room. */
  #listen(): void {
    this.#step = this.#parcel.hasReplies ? 'peek' : 'receive';
  }

  #peeked(size: number): void {
    if (isFromKernel(this.#socket)) this.#inbox.fit(size);
    this.#step = 'receive';
  }

  #received(length: number): void {
    this.#listen();
    if (!isFromKernel(this.#socket)) return;
    if (length > this.#inbox.size) throw truncated(this.#parcel, length);
    this.#answer.read(this.#inbox.reader, length);
    if (!this.#answer.done) return;
    this.#unread = false;
    this.#step = 'done';
  }

  /** False when the answer must be asked for again. */
  #isWhole(request: Request, answer: Answer<unknown>, attempt: number): boolean {
    this.#conclude(request, answer);
    if (answer.interrupted && attempt === DUMP_ATTEMPTS) throw interrupted(request, answer.values);
    return !answer.interrupted;
  }

  #conclude(request: Request, { verdicts }: Answer<unknown>): void {
    const verdict = verdicts[0]!;
    if (verdict.errno !== 0) throw refusal(request, verdict);
    if (verdict.ack?.msg === undefined) return;
    this.#options.onWarning?.({ operation: request.operation, message: verdict.ack.msg });
  }
}
