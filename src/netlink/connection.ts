import { errnoName, errnoText, SystemError } from '../sys/errno.js';
import { closedOnError, type Fd } from '../sys/fd.js';
import { Memory } from '../sys/memory.js';
import { isCurrentNetns } from '../sys/netns.js';
import { Socket } from '../sys/socket.js';
import { EAGAIN, EINTR, EINVAL, ENOBUFS, ENOPROTOOPT, EPERM, ERANGE } from '../uapi/errno.js';
import * as N from '../uapi/netlink.js';
import { AF_NETLINK, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SOCK_RAW, SOL_NETLINK } from '../uapi/socket.js';
import { LITTLE_ENDIAN as LE } from '../wire/integers.js';
import { Reader } from '../wire/reader.js';
import { type KernelSaid, NetlinkError } from './error.js';
import { explain, sentBy } from './explain.js';
import type { ExtAck } from './ext-ack.js';
import { Answer, Parcel, type Verdict } from './framing.js';
import type { Request } from './request.js';

/** The kernel's advice for dumps (include/linux/netlink.h, NLMSG_GOODSIZE; net/netlink/af_netlink.c). */
const RECEIVE_SIZE = 32 * 1024;
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

/** What a conversation wants done next; the answer is a length, or a negative error number. */
type Step = 'send' | 'peek' | 'receive';
/** A request that the kernel refused. */
export interface Refusal {
  /** Its place in the parcel, from 0. */
  readonly place: number;
  readonly error: NetlinkError;
}

/** The talk about a request, or several: steps to carry out, and replies as they come. */
type Conversation<T> = Generator<Step | readonly T[], void, number>;

/**
 * One netlink socket, and one request at a time on it. The protocol is written once, as a generator of steps; one
 * driver carries each step out at once, the other on a thread of the pool.
 */
export class Connection {
  readonly #socket: Transport;
  readonly #options: ConnectionOptions;
  /** For requests that go alone. */
  readonly #parcel = new Parcel();
  #request = Memory.allocate(4096);
  #length = 0;
  #datagram = Memory.allocate(RECEIVE_SIZE);
  #reader = new Reader(this.#datagram.bytes);
  #sequence = 0;
  /** An answer was not read to its end: the reader stopped, or it could not be decoded. */
  #unread = false;

  /** Over a socket that is set up; it is closed with the connection. See {@link openNetlink}. */
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
      const values: T[] = [];
      try {
        for (const batch of this.stream(request)) for (const value of batch) values.push(value);
        return values;
      } catch (error) {
        if (!mayRetry(error, attempt)) throw withData(error, values);
      }
    }
  }

  /** The same from a thread of the pool, for requests that sleep in the kernel. One at a time. */
  async exchangeAsync<T>(request: Request<T>): Promise<readonly T[]> {
    for (let attempt = 1; ; attempt++) {
      const values: T[] = [];
      try {
        for await (const batch of this.streamAsync(request)) for (const value of batch) values.push(value);
        return values;
      } catch (error) {
        if (!mayRetry(error, attempt)) throw withData(error, values);
      }
    }
  }

  /** The replies datagram by datagram. An interrupted dump ends in an error, after all that was read. */
  stream<T>(request: Request<T>): Generator<readonly T[], void, undefined> {
    return this.#carryOut(this.#converse(request));
  }

  /** Adds a request that wants no reply to a parcel of this connection. Throws EncodeError. */
  pack(parcel: Parcel, request: Request): void {
    this.#sequence = this.#sequence === 0xffffffff ? 1 : this.#sequence + 1; // 0 is for what nobody asked for
    parcel.add(request, this.#sequence);
  }

  /** Carries out the requests of a parcel, each whatever became of the others; answers those that were refused. */
  deliver(parcel: Parcel): readonly Refusal[] {
    return [...this.#carryOut(this.#converseAll(parcel))].flat();
  }

  *#carryOut<T>(conversation: Conversation<T>): Generator<readonly T[], void, undefined> {
    for (let step = conversation.next(); !step.done; ) {
      if (typeof step.value !== 'string') {
        yield step.value;
        step = conversation.next(0);
      } else step = conversation.next(this.#perform(step.value));
    }
  }

  /** See {@link stream}. */
  async *streamAsync<T>(request: Request<T>): AsyncGenerator<readonly T[], void, undefined> {
    const conversation = this.#converse(request);
    for (let step = conversation.next(); !step.done; ) {
      if (typeof step.value !== 'string') {
        yield step.value;
        step = conversation.next(0);
      } else step = conversation.next(await this.#performAsync(step.value));
    }
  }

  #perform(step: Step): number {
    if (step === 'send') return this.#socket.send(this.#request, this.#length);
    return this.#socket.receive(
      this.#datagram,
      step === 'peek' ? MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT : MSG_TRUNC | MSG_DONTWAIT,
    );
  }

  #performAsync(step: Step): Promise<number> | number {
    // Only sending, which carries the request out, and a dump's next part can take long; both happen in a thread.
    if (step === 'send') return this.#socket.sendAsync(this.#request, this.#length);
    if (step === 'peek') return this.#perform(step);
    return this.#socket.receiveAsync(this.#datagram, MSG_TRUNC | MSG_DONTWAIT);
  }

  *#converse<T>(request: Request<T>): Conversation<T> {
    const parcel = this.#parcel as Parcel<T>;
    parcel.clear();
    this.pack(parcel, request);
    const { verdicts, interrupted } = yield* this.#talk(parcel);
    this.#conclude(request, verdicts[0]!, interrupted);
  }

  *#converseAll(parcel: Parcel): Conversation<Refusal> {
    const { verdicts } = yield* this.#talk(parcel as Parcel<never>);
    const sequences = [...parcel.requests.keys()];
    const refused = verdicts.filter(({ errno }) => errno !== 0);
    yield refused.map((verdict) => ({
      place: sequences.indexOf(verdict.sequence),
      error: failure(parcel.requests.get(verdict.sequence)!, verdict),
    }));
  }

  /** Sends a parcel and hears its answer to the end. */
  *#talk<T>(parcel: Parcel<T>): Generator<Step | readonly T[], Answer<T>, number> {
    this.#load(parcel.finish());
    if (this.#unread) yield* this.#drain();
    const sent = yield* this.#uninterrupted('send');
    if (sent < 0) throw failure(parcel, { errno: sent });
    this.#unread = true;
    const answer = new Answer(parcel.requests);
    while (!answer.done) {
      const length = yield* this.#nextDatagram(parcel);
      if (!isFromKernel(this.#socket)) continue;
      if (length > this.#datagram.bytes.length) throw truncated(parcel, length);
      answer.read(this.#reader, length);
      if (answer.values.length > 0) {
        yield answer.values;
        answer.values = [];
      }
    }
    this.#unread = false;
    return answer;
  }

  #load(datagram: Uint8Array): void {
    if (datagram.length > this.#request.bytes.length) this.#request = Memory.allocate(2 * datagram.length);
    this.#request.bytes.set(datagram);
    this.#length = datagram.length;
  }

  /** Makes room for what comes where it may be large: a link with many virtual functions takes over 64 KiB. */
  *#nextDatagram(parcel: Parcel): Generator<Step, number, number> {
    if (parcel.hasReplies) {
      const size = yield* this.#arrived('peek', parcel);
      if (size > this.#datagram.bytes.length && isFromKernel(this.#socket)) {
        this.#datagram = Memory.allocate(size);
        this.#reader = new Reader(this.#datagram.bytes);
      }
    }
    return yield* this.#arrived('receive', parcel);
  }

  /** An error of the socket (ENOBUFS: it lost messages) is told once, be it to a peek. */
  *#arrived(step: Step, { operation }: Parcel): Generator<Step, number, number> {
    const length = yield* this.#uninterrupted(step);
    if (length === -EAGAIN) {
      throw new NetlinkError(operation, { code: 'ERR_NETLINK_NO_ANSWER', text: 'the kernel gave no answer' });
    }
    if (length < 0) throw failure({ operation }, { errno: length });
    return length;
  }

  *#uninterrupted(step: Step): Generator<Step, number, number> {
    for (;;) {
      const result = yield step;
      if (result !== -EINTR) return result;
    }
  }

  #conclude(request: Request, verdict: Verdict, interrupted: boolean): void {
    if (verdict.errno !== 0) throw failure(request, verdict);
    if (verdict.ack?.msg !== undefined) {
      this.#options.onWarning?.({ operation: request.operation, message: verdict.ack.msg });
    }
    if (interrupted) {
      const text = 'the dump was interrupted by changes, entries may be missing or doubled';
      throw new NetlinkError(request.operation, { code: 'ERR_NETLINK_DUMP_INTERRUPTED', text });
    }
  }

  /** Takes what an abandoned answer left, so that the next dump is not refused as busy. */
  *#drain(): Generator<Step, void, number> {
    let length: number;
    do length = yield* this.#uninterrupted('receive');
    while (length >= 0 || length === -ENOBUFS);
    this.#unread = false;
  }
}

/** A netlink socket as a connection wants it, in a namespace or in the current one. Throws SystemError. */
export function openNetlink(protocol: number, netns?: { readonly fd: number }): Socket {
  const socket = Socket.open(AF_NETLINK, SOCK_RAW, protocol, { netns, what: 'a netlink socket' });
  return closedOnError(socket, () => {
    socket.setOption(SOL_NETLINK, N.NETLINK_EXT_ACK, 1);
    socket.setOption(SOL_NETLINK, N.NETLINK_CAP_ACK, 1);
    checkStrictly(socket);
    return socket;
  });
}

function checkStrictly(socket: Socket): void {
  try {
    socket.setOption(SOL_NETLINK, N.NETLINK_GET_STRICT_CHK, 1);
  } catch (error) {
    // Before Linux 4.20 the filters of dumps are ignored.
    if (!(error instanceof SystemError && error.errno === -ENOPROTOOPT)) throw error;
  }
}

/** struct sockaddr_nl { u16 family; u16 pad; u32 pid; u32 groups; }: the kernel's port is 0, anybody else's is not. */
export function isFromKernel({ sender }: Pick<Socket, 'sender'>): boolean {
  return sender.getUint32(4, LE) === 0;
}

/** What is the matter with one of the values, and without an extended acknowledgement nobody knows which. */
const UNEXPLAINED: readonly number[] = [-EINVAL, -ERANGE];

/** Of the socket, or with what the kernel said of a request. */
function failure(what: Request | { operation: string }, { errno, ack }: Partial<Verdict> & { errno: number }) {
  const problem = { code: errnoName(errno), errno, text: errnoText(errno) };
  return new NetlinkError(what.operation, problem, 'codec' in what ? said(what, errno, ack) : {});
}

function said(request: Request, errno: number, ack: ExtAck | undefined): KernelSaid {
  const explained = ack === undefined ? {} : explain(request, ack);
  return UNEXPLAINED.includes(errno) && Object.keys(explained).length === 0 ? sentBy(request) : explained;
}

function truncated({ operation }: Parcel, length: number): NetlinkError {
  const text = `the answer of ${length} bytes did not fit the buffer`;
  return new NetlinkError(operation, { code: 'ERR_NETLINK_TRUNCATED', text });
}

function mayRetry(error: unknown, attempt: number): boolean {
  return error instanceof NetlinkError && error.code === 'ERR_NETLINK_DUMP_INTERRUPTED' && attempt < DUMP_ATTEMPTS;
}

function withData(error: unknown, data: readonly unknown[]): unknown {
  if (error instanceof NetlinkError && error.code === 'ERR_NETLINK_DUMP_INTERRUPTED') {
    return new NetlinkError(error.operation, {
      code: error.code,
      text: 'the dump was interrupted each time it was tried',
      data,
    });
  }
  return error;
}
