import * as N from '../uapi/netlink.js';
import { DecodeError } from '../wire/error.js';
import { LITTLE_ENDIAN as LE } from '../wire/integers.js';
import type { Reader } from '../wire/reader.js';
import { type ExtAck, extAck } from './ext-ack.js';
import type { Request } from './request.js';

// struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }
export const LEN = 0;
export const TYPE = 4;
export const FLAGS = 6;
export const SEQ = 8;
const NLMSG_HDRLEN = N.NLMSG_HDRLEN;

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

/** What an answer answers. */
export interface Asked {
  /** The request of that sequence number. */
  requestOf(sequence: number): Request | undefined;
  /** Whether it is the last one, whose acknowledgement ends the answer. */
  isLast(sequence: number): boolean;
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
  readonly #asked: Asked;
  /** Replies read and not yet taken. */
  values: T[] = [];
  /** The kernel's state changed during the dump: entries may be missing, or twice. */
  interrupted = false;
  /** Of those requests that the kernel refused, and of the last one. */
  readonly verdicts: Verdict[] = [];
  /** The kernel has said its last word. */
  done = false;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** The replies that came since the last time. */
  take(): readonly T[] {
    const { values } = this;
    this.values = [];
    return values;
  }

  /** Reads the datagram in the first `length` bytes. Messages that answer other requests are dropped. */
  read(reader: Reader, length: number): void {
    eachMessage(reader, length, (at, end) => {
      const sequence = reader.view.getUint32(at + SEQ, LE);
      const request = this.#asked.requestOf(sequence);
      if (request !== undefined) this.#message(request as Request<T>, sequence, reader, at, end);
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
      this.verdicts.push(verdictOn(sequence, reader, at + NLMSG_HDRLEN, end, flags, echoesRequest));
      this.done = this.#asked.isLast(sequence);
    } else this.#replied(request, reader, at + NLMSG_HDRLEN, end);
  }

  #replied({ reply, keep }: Request<T>, reader: Reader, at: number, end: number): void {
    if (reply === undefined) return;
    const value = reply.decode(reader, at, end);
    if (keep === undefined || keep(value)) this.values.push(value);
  }
}

/** struct nlmsgerr { int error; struct nlmsghdr msg; }, or the int alone at the end of a dump; then attributes. */
function verdictOn(
  sequence: number,
  reader: Reader,
  at: number,
  end: number,
  flags: number,
  echoesRequest: boolean,
): Verdict {
  if (end - at < 4) return { sequence, errno: 0, ack: undefined };
  const errno = Math.min(0, reader.view.getInt32(at, LE));
  if (!(flags & N.NLM_F_ACK_TLVS)) return { sequence, errno, ack: undefined };
  const echoed = echoesRequest && end - at >= 8 ? Math.min(reader.view.getUint32(at + 4, LE), end - at) : 0;
  const capped = (flags & N.NLM_F_CAPPED) !== 0;
  const skipped = echoesRequest ? (capped ? NLMSG_HDRLEN : (echoed + 3) & ~3) : 0;
  return { sequence, errno, ack: extAck.decode(reader, Math.min(at + 4 + skipped, end), end) };
}
