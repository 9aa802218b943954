import type { Transport } from '../../src/netlink/connection.js';
import type { Memory } from '../../src/sys/memory.js';
import { EAGAIN } from '../../src/uapi/errno.js';
import * as N from '../../src/uapi/netlink.js';
import { AF_NETLINK, MSG_PEEK, MSG_TRUNC } from '../../src/uapi/socket.js';
import { LITTLE_ENDIAN as LE } from '../../src/wire/integers.js';

/** What a request brings: a datagram of the kernel, one of somebody else, or a negative error number of receive. */
export type Reply = Uint8Array | { readonly port: number; readonly bytes: Uint8Array } | number;

/** A kernel that is a function: a request in, the replies out. `sendResults` are answers of send, before it works. */
export class FakeKernel implements Transport {
  readonly sender: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(128));
  /** Every datagram that was sent. */
  readonly sent: Uint8Array[] = [];
  readonly sendResults: number[] = [];
  /** What receive will answer, in this order. */
  readonly queue: Reply[] = [];
  closed = false;
  readonly #answer: (request: Uint8Array, nth: number) => readonly Reply[];

  constructor(answer: (request: Uint8Array, nth: number) => readonly Reply[]) {
    this.#answer = answer;
  }

  send = (memory: Memory, length: number): number => {
    const failure = this.sendResults.shift();
    if (failure !== undefined) return failure;
    const request = memory.bytes.slice(0, length);
    this.sent.push(request);
    this.queue.push(...this.#answer(request, this.sent.length));
    return length;
  };

  receive = (memory: Memory, flags = 0): number => {
    const next = this.queue[0];
    if (next === undefined) return -EAGAIN;
    if (typeof next === 'number' || !(flags & MSG_PEEK)) this.queue.shift();
    if (typeof next === 'number') return next;
    const { port, bytes } = next instanceof Uint8Array ? { port: 0, bytes: next } : next;
    this.sender.setUint16(0, AF_NETLINK, LE);
    this.sender.setUint32(4, port, LE);
    const fits = bytes.subarray(0, memory.bytes.length);
    memory.bytes.set(fits);
    return flags & MSG_TRUNC ? bytes.length : fits.length;
  };

  sendAsync = async (memory: Memory, length: number): Promise<number> => this.send(memory, length);
  receiveAsync = async (memory: Memory, flags = 0): Promise<number> => this.receive(memory, flags);

  netns = (): never => {
    throw new Error('the fake kernel has no namespaces');
  };

  close = (): void => {
    this.closed = true;
  };
}

/* ---- messages, made without the code under test ---- */

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function u32(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => {
    view.setUint32(4 * index, value, LE);
  });
  return new Uint8Array(view.buffer);
}

export function u64(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value, LE);
  return new Uint8Array(view.buffer);
}

export const cstring = (text: string): Uint8Array => new Uint8Array(Buffer.from(`${text}\0`));

/** struct nlattr, its payload, and the padding. */
export function attribute(type: number, ...payload: readonly Uint8Array[]): Uint8Array {
  const body = concat(...payload);
  const bytes = new Uint8Array((body.length + 7) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + body.length, LE);
  view.setUint16(2, type, LE);
  bytes.set(body, 4);
  return bytes;
}

/** The sequence number of a message. */
export function sequenceOf(request: Uint8Array): number {
  return new DataView(request.buffer, request.byteOffset).getUint32(8, LE);
}

/** A message that answers `request`, or has the sequence number given. */
export function reply(
  to: Uint8Array | number,
  type: number,
  flags: number,
  ...payload: readonly Uint8Array[]
): Uint8Array {
  const body = concat(...payload);
  const bytes = new Uint8Array((16 + body.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 16 + body.length, LE);
  view.setUint16(4, type, LE);
  view.setUint16(6, flags, LE);
  view.setUint32(8, typeof to === 'number' ? to : sequenceOf(to), LE);
  bytes.set(body, 16);
  return bytes;
}

/** NLMSG_ERROR as with NETLINK_CAP_ACK: the request's header alone is echoed. */
export function ack(request: Uint8Array, errno = 0, ...attributes: readonly Uint8Array[]): Uint8Array {
  const flags = N.NLM_F_CAPPED | (attributes.length > 0 ? N.NLM_F_ACK_TLVS : 0);
  return reply(request, N.NLMSG_ERROR, flags, u32(errno >>> 0), request.subarray(0, 16), ...attributes);
}

/** NLMSG_ERROR of a failure as without NETLINK_CAP_ACK: the whole request is echoed. */
export function uncappedAck(request: Uint8Array, errno: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return reply(request, N.NLMSG_ERROR, N.NLM_F_ACK_TLVS, u32(errno >>> 0), request, ...attributes);
}

/** The end of a dump. */
export function done(request: Uint8Array, errno = 0, ...attributes: readonly Uint8Array[]): Uint8Array {
  const flags = N.NLM_F_MULTI | (attributes.length > 0 ? N.NLM_F_ACK_TLVS : 0);
  return reply(request, N.NLMSG_DONE, flags, u32(errno >>> 0), ...attributes);
}
