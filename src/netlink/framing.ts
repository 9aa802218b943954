import * as N from '../uapi/netlink.js';
import { DecodeError, EncodeError } from '../wire/error.js';
import { LITTLE_ENDIAN as LE } from '../wire/integers.js';
import type { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { type ExtAck, extAck } from './ext-ack.js';
import type { Request } from './request.js';

// struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }
const LEN = 0;
const TYPE = 4;
const FLAGS = 6;
const SEQ = 8;
const NLMSG_HDRLEN = N.NLMSG_HDRLEN;

/** Writes the whole message of a request, and answers where it begins; the kernel fills the port in. */
function frame(writer: Writer, request: Request, sequence: number): number {
  const at = writer.grow(NLMSG_HDRLEN);
  request.codec.encode(writer, request.message);
  const flags = request.flags | N.NLM_F_REQUEST;
  writer.view.setUint32(at + LEN, writer.length - at, LE);
  writer.view.setUint16(at + TYPE, request.type, LE);
  writer.view.setUint16(at + FLAGS, flags, LE);
  writer.view.setUint32(at + SEQ, sequence, LE);
  writer.align(4);
  return at;
}

/**
 * Visits the messages in the first `length` bytes of a datagram until `visit` answers false, and tells it where each
 * begins (its header) and ends. Throws DecodeError.
 */
export function eachMessage(reader: Reader, length: number, visit: (at: number, end: number) => boolean): void {
  for (let at = 0; at + NLMSG_HDRLEN <= length; ) {
    const size = reader.view.getUint32(at + LEN, LE);
    if (size < NLMSG_HDRLEN || at + size > length) {
      throw new DecodeError(`netlink message of length ${size} where ${length - at} bytes are left`, at);
    }
    if (!visit(at, at + size)) return;
    at += (size + 3) & ~3;
  }
}

/** nlmsg_type and nlmsg_flags of the message that begins at `at`. */
export const typeOf = (reader: Reader, at: number): number => reader.view.getUint16(at + TYPE, LE);
export const flagsOf = (reader: Reader, at: number): number => reader.view.getUint16(at + FLAGS, LE);

/** Requests that go to the kernel in one datagram. The last one is answered, of the others only refusals are told. */
export class Parcel<T = unknown> {
  readonly writer = new Writer();
  /** By sequence number, in the order in which the kernel carries them out. */
  readonly requests = new Map<number, Request<T>>();
  /** Where the last message begins. */
  #last = 0;

  /** Throws EncodeError, and is as before then. */
  add(request: Request<T>, sequence: number): void {
    const { length } = this.writer;
    try {
      this.#last = frame(this.writer, request, sequence);
      this.requests.set(sequence, request);
    } catch (error) {
      this.writer.reset(length);
      throw error instanceof EncodeError ? error.during(request.operation) : error;
    }
  }

  /** The datagram: a view, valid until {@link clear}. A dump is ended by NLMSG_DONE, others by an acknowledgement. */
  finish(): Uint8Array {
    const { writer } = this;
    const at = this.#last + FLAGS;
    if (!this.isDump) writer.view.setUint16(at, writer.view.getUint16(at, LE) | N.NLM_F_ACK, LE);
    return writer.finish();
  }

  clear(): void {
    this.writer.reset();
    this.requests.clear();
  }

  /** Requests that are replied to go alone. */
  get hasReplies(): boolean {
    return this.#first?.reply !== undefined;
  }

  get isDump(): boolean {
    return this.hasReplies && (this.#first!.flags & N.NLM_F_DUMP) === N.NLM_F_DUMP;
  }

  /** What is attempted, for errors that concern the whole. */
  get operation(): string {
    return this.requests.size === 1 ? this.#first!.operation : `batch of ${this.requests.size} requests`;
  }

  get #first(): Request<T> | undefined {
    const [first] = this.requests.values();
    return first;
  }
}

/** The kernel's last word on one request. */
export interface Verdict {
  readonly sequence: number;
  /** 0, or the negative error number. */
  readonly errno: number;
  /** What the kernel said besides, with a success as well. */
  readonly ack: ExtAck | undefined;
}

/** The answer to a parcel of requests, as it comes in, datagram by datagram. */
export class Answer<T> {
  readonly #requests: ReadonlyMap<number, Request<T>>;
  /** The sequence number of the last request. */
  readonly #last: number;
  /** Replies read and not yet taken. */
  values: T[] = [];
  /** The kernel's state changed during the dump: entries may be missing, or twice. */
  interrupted = false;
  /** Of those requests that the kernel refused, and of the last one. */
  readonly verdicts: Verdict[] = [];
  /** The kernel has said its last word. */
  done = false;

  constructor(requests: ReadonlyMap<number, Request<T>>) {
    this.#requests = requests;
    this.#last = [...requests.keys()].at(-1)!;
  }

  /** Reads the datagram in the first `length` bytes. Messages that answer other requests are dropped. */
  read(reader: Reader, length: number): void {
    eachMessage(reader, length, (at, end) => {
      const sequence = reader.view.getUint32(at + SEQ, LE);
      const request = this.#requests.get(sequence);
      if (request !== undefined) this.#message(request, sequence, reader, at, end);
      return !this.done;
    });
  }

  #message(request: Request<T>, sequence: number, reader: Reader, at: number, end: number): void {
    const flags = flagsOf(reader, at);
    if (flags & N.NLM_F_DUMP_INTR) this.interrupted = true;
    const type = typeOf(reader, at);
    if (type === N.NLMSG_NOOP) return;
    if (type === N.NLMSG_ERROR || type === N.NLMSG_DONE) {
      const echoesRequest = type === N.NLMSG_ERROR;
      this.verdicts.push({ sequence, ...acknowledged(reader, at + NLMSG_HDRLEN, end, flags, echoesRequest) });
      this.done = sequence === this.#last;
    } else this.#replied(request, reader, at + NLMSG_HDRLEN, end);
  }

  #replied({ reply, keep }: Request<T>, reader: Reader, at: number, end: number): void {
    if (reply === undefined) return;
    const value = reply.decode(reader, at, end);
    if (keep === undefined || keep(value)) this.values.push(value);
  }
}

/** struct nlmsgerr { int error; struct nlmsghdr msg; }, or the int alone at the end of a dump; then attributes. */
function acknowledged(reader: Reader, at: number, end: number, flags: number, echoesRequest: boolean) {
  if (end - at < 4) return { errno: 0, ack: undefined };
  const errno = Math.min(0, reader.view.getInt32(at, LE));
  if (!(flags & N.NLM_F_ACK_TLVS)) return { errno, ack: undefined };
  const echoed = echoesRequest && end - at >= 8 ? Math.min(reader.view.getUint32(at + 4, LE), end - at) : 0;
  const capped = (flags & N.NLM_F_CAPPED) !== 0;
  const skipped = echoesRequest ? (capped ? NLMSG_HDRLEN : (echoed + 3) & ~3) : 0;
  return { errno, ack: extAck.decode(reader, Math.min(at + 4 + skipped, end), end) };
}
