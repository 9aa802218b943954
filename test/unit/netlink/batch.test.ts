import { describe, expect, test } from 'vitest';
import { Batch, BatchError } from '../../../src/netlink/batch.js';
import { Connection } from '../../../src/netlink/connection.js';
import type { Request } from '../../../src/netlink/request.js';
import { EEXIST, ENOBUFS, EPERM } from '../../../src/uapi/errno.js';
import { NLM_F_ACK } from '../../../src/uapi/netlink.js';
import { EncodeError } from '../../../src/wire/error.js';
import { u32 as word } from '../../../src/wire/integers.js';
import { struct } from '../../../src/wire/struct.js';
import { ack, FakeKernel, type Reply, reply, u32 } from '../../support/fake-kernel.js';

const thing = struct({ index: word });
const set = (index: number): Request => ({
  operation: `thing set ${index}`,
  type: 16,
  flags: 0,
  codec: thing,
  message: { index },
});
const get = (index: number): Request<{ index: number }> => ({ ...set(index), type: 18, reply: thing });

/** The messages of a datagram. */
function split(datagram: Uint8Array): Uint8Array[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < datagram.length; at += (view.getUint32(at, true) + 3) & ~3) {
    messages.push(datagram.slice(at, at + view.getUint32(at, true)));
  }
  return messages;
}
const flagsOf = (message: Uint8Array) => new DataView(message.buffer).getUint16(6, true);
const indexOf = (message: Uint8Array) => new DataView(message.buffer).getUint32(16, true);

/** Carries out each message as the kernel does: acknowledged when refused, or when asked for. */
function started(answer: (message: Uint8Array) => readonly Reply[] = () => []) {
  const kernel = new FakeKernel((datagram) =>
    split(datagram).flatMap((message) => {
      const answers = answer(message);
      return answers.length === 0 && flagsOf(message) & NLM_F_ACK ? [ack(message)] : answers;
    }),
  );
  return { kernel, batch: new Batch(new Connection(kernel)) };
}
const refuse = (index: number, errno: number) => (message: Uint8Array) =>
  indexOf(message) === index ? [ack(message, -errno)] : [];

function failure(call: () => void): BatchError {
  try {
    call();
  } catch (error) {
    if (error instanceof BatchError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('a batch', () => {
  test('goes out 128 requests at a time, with an acknowledgement of the last one only', () => {
    const { kernel, batch } = started();
    for (let i = 0; i < 300; i++) batch.exchange(set(i));
    expect(kernel.sent.length).toBe(2);
    batch.finish();
    const datagrams = kernel.sent.map(split);
    expect(datagrams.map((messages) => messages.length)).toEqual([128, 128, 44]);
    expect(datagrams.flat().map(indexOf)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    for (const messages of datagrams) {
      expect(messages.findIndex((message) => flagsOf(message) & NLM_F_ACK)).toBe(messages.length - 1);
    }
    expect(kernel.queue).toEqual([]);
  });

  test('without requests sends nothing', () => {
    const { kernel, batch } = started();
    batch.finish();
    expect(kernel.sent).toEqual([]);
  });

  test('tells at its end which changes failed, the last of a datagram among them', () => {
    const { batch } = started((message) => [...refuse(5, EEXIST)(message), ...refuse(127, EPERM)(message)]);
    for (let i = 0; i < 130; i++) batch.exchange(set(i));
    const error = failure(() => batch.finish());
    expect(error).toMatchObject({ code: 'ERR_NETLINK_BATCH', total: 130 });
    expect(error.failures).toMatchObject([
      { index: 5, error: { code: 'EEXIST', operation: 'thing set 5' } },
      { index: 127, error: { code: 'EPERM', operation: 'thing set 127' } },
    ]);
    expect(error.message).toBe('2 of 130 changes failed; the first: thing set 5: already exists (EEXIST)');
  });

  test('asks in its turn: what was gathered before goes first', () => {
    const { kernel, batch } = started((message) =>
      indexOf(message) === 9 ? [reply(message, 16, 0, u32(9)), ack(message)] : [],
    );
    batch.exchange(set(1));
    batch.exchange(set(2));
    expect(batch.exchange(get(9))).toEqual([{ index: 9 }]);
    batch.exchange(set(3));
    batch.finish();
    expect(kernel.sent.map((datagram) => split(datagram).map(indexOf))).toEqual([[1, 2], [9], [3]]);
  });

  test('refuses a value that cannot be sent at once, and goes on without it', () => {
    const { kernel, batch } = started();
    batch.exchange(set(1));
    expect(() => batch.exchange(set(-1))).toThrow(EncodeError);
    batch.exchange(set(2));
    batch.finish();
    expect(kernel.sent.flatMap(split).map(indexOf)).toEqual([1, 2]);
  });

  test('that is broken off carries out what came before, and tells what failed there', () => {
    const clean = started();
    clean.batch.exchange(set(1));
    const reason = new Error('enough');
    expect(() => clean.batch.breakOff(reason)).toThrow(reason);
    expect(clean.kernel.sent.length).toBe(1);

    const { batch } = started(refuse(1, EEXIST));
    batch.exchange(set(1));
    const { failures } = failure(() => batch.breakOff(reason));
    expect(failures).toMatchObject([
      { index: 0, error: { code: 'EEXIST' } },
      { index: 1, error: reason },
    ]);
  });

  test('whose answers are lost says so; the next one is not confused by what is left', () => {
    let lost = true;
    const { kernel, batch } = started((message) => (lost ? [-ENOBUFS, ack(message, -EPERM)] : []));
    batch.exchange(set(1));
    batch.exchange(set(2));
    expect(() => batch.flush()).toThrow('batch of 2 requests: ');
    lost = false;
    batch.exchange(set(3));
    batch.finish();
    expect(kernel.queue).toEqual([]);
  });
});
