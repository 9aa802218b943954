import * as N from '../uapi/netlink.js';
import { DecodeError } from '../wire/error.js';
import { LITTLE_ENDIAN as LE } from '../wire/integers.js';
import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';
import { type ExtAck, extAck } from './ext-ack.js';
import type { Request } from './request.js';

// struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }
const LEN = 0;
const TYPE = 4;
const FLAGS = 6;
const SEQ = 8;
const { NLMSG_HDRLEN } = N;

/** Writes the whole message of a request; the kernel fills the port in. */
export function frame(writer: Writer, request: Request, sequence: number): void {
  const at = writer.grow(NLMSG_HDRLEN);
  request.codec.encode(writer, request.message);
  const isDump = (request.flags & N.NLM_F_DUMP) === N.NLM_F_DUMP && request.reply !== undefined;
  const flags = request.flags | N.NLM_F_REQUEST | (isDump ? 0 : N.NLM_F_ACK);
  writer.view.setUint32(at + LEN, writer.length - at, LE);
  writer.view.setUint16(at + TYPE, request.type, LE);
  writer.view.setUint16(at + FLAGS, flags, LE);
  writer.view.setUint32(at + SEQ, sequence, LE);
  writer.align(4);
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

/** The answer to one request, as it comes in, datagram by datagram. */
export class Answer<T> {
  readonly #request: Request<T>;
  readonly #sequence: number;
  /** Replies read and not yet taken. */
  values: T[] = [];
  /** The kernel has said its last word. */
  done = false;
  /** The kernel's state changed during the dump: entries may be missing, or twice. */
  interrupted = false;
  /** 0, or the negative error number. */
  errno = 0;
  /** What the kernel said with the acknowledgement, a success included. */
  ack: ExtAck | undefined = undefined;

  constructor(request: Request<T>, sequence: number) {
    this.#request = request;
    this.#sequence = sequence;
  }

  /** Reads the datagram in the first `length` bytes. Messages that answer another request are dropped. */
  read(reader: Reader, length: number): void {
    eachMessage(reader, length, (at, end) => {
      if (reader.view.getUint32(at + SEQ, LE) === this.#sequence) this.#message(reader, at, end);
      return !this.done;
    });
  }

  #message(reader: Reader, at: number, end: number): void {
    const flags = flagsOf(reader, at);
    if (flags & N.NLM_F_DUMP_INTR) this.interrupted = true;
    switch (typeOf(reader, at)) {
      case N.NLMSG_NOOP:
        return;
      case N.NLMSG_ERROR:
        this.#acknowledged(reader, at + NLMSG_HDRLEN, end, flags, true);
        return;
      case N.NLMSG_DONE:
        this.#acknowledged(reader, at + NLMSG_HDRLEN, end, flags, false);
        return;
      default:
        if (this.#request.reply !== undefined) {
          this.values.push(this.#request.reply.decode(reader, at + NLMSG_HDRLEN, end));
        }
    }
  }

  /** struct nlmsgerr { int error; struct nlmsghdr msg; }, or the int alone at the end of a dump; then attributes. */
  #acknowledged(reader: Reader, at: number, end: number, flags: number, echoesRequest: boolean): void {
    this.done = true;
    if (end - at < 4) return;
    this.errno = Math.min(0, reader.view.getInt32(at, LE));
    if (!(flags & N.NLM_F_ACK_TLVS)) return;
    const echoed = echoesRequest && end - at >= 8 ? Math.min(reader.view.getUint32(at + 4, LE), end - at) : 0;
    const capped = (flags & N.NLM_F_CAPPED) !== 0;
    const skipped = echoesRequest ? (capped ? NLMSG_HDRLEN : (echoed + 3) & ~3) : 0;
    this.ack = extAck.decode(reader, Math.min(at + 4 + skipped, end), end);
  }
}
