import { Memory } from '../sys/memory.js';
import * as N from '../uapi/netlink.js';
import { EncodeError } from '../wire/error.js';
import { LITTLE_ENDIAN as LE } from '../wire/integers.js';
import { Writer } from '../wire/writer.js';
import { type Asked, FLAGS, LEN, SEQ, TYPE } from './framing.js';
import type { Request } from './request.js';

/** Writes the whole message of a request, and answers where it begins; the kernel fills the port in. */
function frame(writer: Writer, request: Request, sequence: number): number {
  const at = writer.grow(N.NLMSG_HDRLEN);
  request.codec.encode(writer, request.message);
  const flags = request.flags | N.NLM_F_REQUEST;
  writer.view.setUint32(at + LEN, writer.length - at, LE);
  writer.view.setUint16(at + TYPE, request.type, LE);
  writer.view.setUint16(at + FLAGS, flags, LE);
  writer.view.setUint32(at + SEQ, sequence, LE);
  writer.align(4);
  return at;
}

/** Requests that go to the kernel in one datagram. The last one is answered, of the others only refusals are told. */
export class Parcel implements Asked {
  readonly #writer = new Writer();
  readonly #requests: Request[] = [];
  /** The sequence number of the first request; those of the others follow. */
  #first = 0;
  /** Where the last message begins. */
  #last = 0;
  #memory: Memory | undefined;

  /** Throws EncodeError, and is as before then. */
  add(request: Request, sequence: number): void {
    const { length } = this.#writer;
    try {
      this.#last = frame(this.#writer, request, sequence);
    } catch (error) {
      this.#writer.reset(length);
      throw error instanceof EncodeError ? error.during(request.operation) : error;
    }
    if (this.#requests.push(request) === 1) this.#first = sequence;
  }

  /** Asks for an answer to the last request; nothing is added after that. A dump is ended by NLMSG_DONE unasked. */
  finish(): void {
    const { view } = this.#writer;
    const at = this.#last + FLAGS;
    if (!this.isDump) view.setUint16(at, view.getUint16(at, LE) | N.NLM_F_ACK, LE);
  }

  clear(): void {
    this.#writer.reset();
    this.#requests.length = 0;
  }

  /** How many requests there are. */
  get size(): number {
    return this.#requests.length;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#writer.length;
  }

  /** The datagram: the first `length` bytes. */
  get memory(): Memory {
    const { buffer } = this.#writer.bytes;
    if (this.#memory?.bytes.buffer !== buffer) this.#memory = Memory.of(buffer);
    return this.#memory;
  }

  isLast(sequence: number): boolean {
    return this.placeOf(sequence) === this.size - 1;
  }

  /** The place, from 0, of a request in the order in which the kernel carries them out. */
  placeOf(sequence: number): number {
    const place = sequence - this.#first;
    return place < 0 ? place + 0xffffffff : place; // after 0xffffffff comes 1
  }

  requestOf(sequence: number): Request | undefined {
    return this.#requests[this.placeOf(sequence)];
  }

  /** Requests that are replied to go alone. */
  get hasReplies(): boolean {
    return this.#requests[0]?.reply !== undefined;
  }

  get isDump(): boolean {
    return this.hasReplies && (this.#requests[0]!.flags & N.NLM_F_DUMP) === N.NLM_F_DUMP;
  }

  /** What is attempted, for errors that concern the whole. */
  get operation(): string {
    return this.size === 1 ? this.#requests[0]!.operation : `batch of ${this.size} requests`;
  }
}
