import { describe, expect, test } from 'vitest';
import { attributes } from '../../../src/netlink/attributes.js';
import { nested } from '../../../src/netlink/combinators.js';
import { Connection, type KernelWarning } from '../../../src/netlink/connection.js';
import { NetlinkError } from '../../../src/netlink/error.js';
import { headed } from '../../../src/netlink/message.js';
import type { Request } from '../../../src/netlink/request.js';
import { EAGAIN, EBUSY, EEXIST, EINTR, EINVAL, ENOBUFS, ENODEV, ENOENT, EPERM } from '../../../src/uapi/errno.js';
import * as N from '../../../src/uapi/netlink.js';
import { bytes } from '../../../src/wire/bytes.js';
import { DecodeError, EncodeError } from '../../../src/wire/error.js';
import { u8, u16, u32 as word } from '../../../src/wire/integers.js';
import { struct } from '../../../src/wire/struct.js';
import { text } from '../../../src/wire/text.js';
import {
  ack,
  attribute,
  concat,
  cstring,
  done,
  FakeKernel,
  type Reply,
  reply,
  sequenceOf,
  u32,
  u64,
  uncappedAck,
} from '../../support/fake-kernel.js';

const thing = headed(
  struct({ family: u8, index: word }),
  attributes({
    name: [1, text],
    size: [2, word],
    nest: [3, nested(attributes({ id: [1, word], more: [2, attributes({ deep: [1, u16] })] }))],
    blob: [4, bytes],
  }),
);
const TYPE = 16;

function get(message: object = { index: 5 }): Request<{ index: number }> {
  return { operation: 'thing get', type: TYPE, flags: 0, codec: thing, message, reply: thing };
}
function dump(): Request<{ index: number }> {
  return { operation: 'thing list', type: TYPE, flags: N.NLM_F_DUMP, codec: thing, message: {}, reply: thing };
}
function set(message: object = { index: 5 }): Request {
  return { operation: 'thing set', type: TYPE, flags: 0, codec: thing, message };
}
const one = (to: Uint8Array | number, index: number, flags = 0, ...rest: Uint8Array[]): Uint8Array =>
  reply(to, TYPE, flags, u32(0, index), ...rest);
const indexes = (values: readonly { index: number }[]): number[] => values.map(({ index }) => index);

function connected(answer: (request: Uint8Array, nth: number) => readonly Reply[]) {
  const warnings: KernelWarning[] = [];
  const kernel = new FakeKernel(answer);
  const connection = new Connection(kernel, { onWarning: (warning) => warnings.push(warning) });
  return { kernel, connection, warnings };
}

/** The error that both executors end in; they must agree. */
async function failure(answer: (request: Uint8Array, nth: number) => readonly Reply[], request: Request) {
  let now: unknown;
  try {
    connected(answer).connection.exchange(request);
  } catch (error) {
    now = error;
  }
  const later = await connected(answer)
    .connection.exchangeAsync(request)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(later).toEqual(now);
  expect(now).toBeInstanceOf(NetlinkError);
  return now as NetlinkError;
}

describe('a request', () => {
  test('is framed: length, type, flags, sequence number; the reply is read up to the acknowledgement', () => {
    const { kernel, connection } = connected((request) => [one(request, 5), ack(request)]);
    expect(indexes(connection.exchange(get()))).toEqual([5]);
    const view = new DataView(kernel.sent[0]!.buffer);
    expect(view.getUint32(0, true)).toBe(24);
    expect(view.getUint16(4, true)).toBe(TYPE);
    expect(view.getUint16(6, true)).toBe(N.NLM_F_REQUEST | N.NLM_F_ACK);
    expect(view.getUint32(12, true)).toBe(0);
    expect(kernel.queue).toEqual([]);
  });

  test('has a sequence number of its own, which is never 0', () => {
    const { kernel, connection } = connected((request) => [ack(request)]);
    for (let i = 0; i < 3; i++) connection.exchange(set());
    const numbers = kernel.sent.map(sequenceOf);
    expect(new Set(numbers).size).toBe(3);
    expect(numbers).not.toContain(0);
  });

  test('to be dumped asks for no acknowledgement: the kernel ends it with NLMSG_DONE', () => {
    const { kernel, connection } = connected((request) => [
      concat(one(request, 1, N.NLM_F_MULTI), one(request, 2, N.NLM_F_MULTI)),
      concat(one(request, 3, N.NLM_F_MULTI), done(request)),
    ]);
    expect(indexes(connection.exchange(dump()))).toEqual([1, 2, 3]);
    expect(new DataView(kernel.sent[0]!.buffer).getUint16(6, true)).toBe(N.NLM_F_REQUEST | N.NLM_F_DUMP);
  });

  test('that replaces exclusively is no dump, though its flags are the same bits', () => {
    const { kernel, connection } = connected((request) => [ack(request)]);
    connection.exchange({ ...set(), flags: N.NLM_F_REPLACE | N.NLM_F_EXCL });
    const flags = new DataView(kernel.sent[0]!.buffer).getUint16(6, true);
    expect(flags & N.NLM_F_ACK).toBe(N.NLM_F_ACK);
  });

  test('with a value that cannot be sent fails before anything is sent, and says what was attempted', () => {
    const { kernel, connection } = connected((request) => [ack(request)]);
    let error: unknown;
    try {
      connection.exchange(set({ nest: { more: { deep: 65536 } } }));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ operation: 'thing set', path: 'nest.more.deep', code: 'ERR_INVALID_VALUE' });
    expect((error as EncodeError).message).toBe(
      'thing set: nest.more.deep: must be an integer from 0 to 65535, is 65536',
    );
    expect(kernel.sent).toEqual([]);
    connection.exchange(set());
    expect(kernel.sent.length).toBe(1);
  });

  test('larger than the buffer is sent whole', () => {
    const { kernel, connection } = connected((request) => [ack(request)]);
    const blob = new Uint8Array(60_000).fill(7);
    connection.exchange(set({ blob }));
    expect(kernel.sent[0]!.length).toBe(16 + 8 + 4 + 60_000);
    connection.exchange(set());
    expect(kernel.sent[1]!.length).toBe(24);
  });
});

describe('only the kernel is believed', () => {
  test('a datagram of another sender is dropped silently, an error or an end included', () => {
    const { connection } = connected((request) => [
      { port: 4711, bytes: one(request, 666) },
      { port: 4711, bytes: ack(request, -EPERM) },
      { port: 4711, bytes: Buffer.from('no netlink message at all') },
      one(request, 5),
      { port: 1, bytes: ack(request) },
      ack(request),
    ]);
    expect(indexes(connection.exchange(get()))).toEqual([5]);
  });

  test('a huge datagram of another sender is dropped, also where no reply is expected', () => {
    const { connection } = connected((request) => [{ port: 4711, bytes: new Uint8Array(100_000) }, ack(request)]);
    connection.exchange(set());
    expect(
      indexes(
        connected((r) => [{ port: 9, bytes: new Uint8Array(100_000) }, one(r, 5), ack(r)]).connection.exchange(get()),
      ),
    ).toEqual([5]);
  });

  test('replies to another sequence number are dropped', () => {
    const { connection } = connected((request) => [
      one(sequenceOf(request) + 1, 666),
      reply(sequenceOf(request) - 1, N.NLMSG_ERROR, 0, u32(-EPERM >>> 0)),
      reply(0, TYPE, 0, u32(0, 666)),
      concat(one(77, 666), one(request, 5)),
      ack(request),
    ]);
    expect(indexes(connection.exchange(get()))).toEqual([5]);
  });

  test('late replies of a request that failed do not disturb the next', () => {
    const { connection } = connected((request, nth) =>
      nth === 1 ? [-ENOBUFS, one(request, 1), ack(request)] : [one(request, 2), ack(request)],
    );
    expect(() => connection.exchange(get())).toThrow(NetlinkError);
    expect(indexes(connection.exchange(get()))).toEqual([2]);
  });

  test('NLMSG_NOOP is skipped', () => {
    const { connection } = connected((request) => [reply(request, N.NLMSG_NOOP, 0), one(request, 5), ack(request)]);
    expect(indexes(connection.exchange(get()))).toEqual([5]);
  });
});

describe('the receive buffer', () => {
  const large = (request: Uint8Array, size: number) => one(request, 7, 0, attribute(4, new Uint8Array(size).fill(1)));

  test('grows to what comes, and stays so', () => {
    for (const size of [32_000, 33_000, 65_000]) {
      const { connection } = connected((request) => [large(request, size), ack(request)]);
      const [found] = connection.exchange(get()) as unknown as { blob: Uint8Array }[];
      expect(found!.blob.length).toBe(size);
      expect(indexes(connection.exchange(get()))).toEqual([7]);
    }
  });

  test('grows for a datagram of many messages, beyond 64 KiB', () => {
    const { connection } = connected((request) => [
      concat(...Array.from({ length: 10_000 }, (_, index) => one(request, index + 1, N.NLM_F_MULTI)), done(request)),
    ]);
    expect(connection.exchange(dump()).length).toBe(10_000);
  });

  test('that was too small is an error of its own, never data', async () => {
    const error = await failure((request) => [ack(request, 0, attribute(1, new Uint8Array(40_000)))], set());
    expect(error).toMatchObject({ code: 'ERR_NETLINK_TRUNCATED', operation: 'thing set' });
  });

  test('values own their memory', () => {
    const { connection } = connected((request, nth) => [
      one(request, 7, 0, attribute(4, new Uint8Array(8).fill(nth))),
      ack(request),
    ]);
    const [first] = connection.exchange(get()) as unknown as { blob: Uint8Array }[];
    connection.exchange(get());
    expect(first!.blob).toEqual(new Uint8Array(8).fill(1));
  });
});

describe('an interrupted dump', () => {
  const INTR = N.NLM_F_MULTI | N.NLM_F_DUMP_INTR;

  test('is begun again, and only the undisturbed run counts', async () => {
    const answer = (request: Uint8Array, nth: number) =>
      nth < 4
        ? [concat(one(request, 666, N.NLM_F_MULTI), one(request, 667, INTR)), done(request)]
        : [concat(one(request, 1, N.NLM_F_MULTI), one(request, 2, N.NLM_F_MULTI)), done(request)];
    const now = connected(answer);
    expect(indexes(now.connection.exchange(dump()))).toEqual([1, 2]);
    expect(now.kernel.sent.length).toBe(4);
    expect(indexes(await connected(answer).connection.exchangeAsync(dump()))).toEqual([1, 2]);
  });

  test('each time it is tried ends in an error with the data', async () => {
    let sent = 0;
    const error = await failure((request, nth) => {
      sent = nth;
      return [one(request, nth, INTR), one(request, 8, N.NLM_F_MULTI), done(request)];
    }, dump());
    expect(error).toMatchObject({ code: 'ERR_NETLINK_DUMP_INTERRUPTED', operation: 'thing list' });
    expect(error.message).toBe(
      'thing list: the dump was interrupted each time it was tried (ERR_NETLINK_DUMP_INTERRUPTED)',
    );
    expect(sent).toBe(8);
    expect(indexes(error.data as { index: number }[])).toEqual([8, 8]);
    expect(JSON.stringify(error)).not.toContain('data');
  });

  test('is noticed when only its end carries the flag', async () => {
    const error = await failure(
      (request) => [one(request, 1, N.NLM_F_MULTI), reply(request, N.NLMSG_DONE, INTR, u32(0))],
      dump(),
    );
    expect(error.code).toBe('ERR_NETLINK_DUMP_INTERRUPTED');
  });

  test('read as a stream gives all it has, then the error', () => {
    const { connection } = connected((request) => [one(request, 1, INTR), one(request, 2, INTR), done(request)]);
    const seen: number[] = [];
    expect(() => {
      for (const batch of connection.stream(dump())) seen.push(...indexes(batch));
    }).toThrow(expect.objectContaining({ code: 'ERR_NETLINK_DUMP_INTERRUPTED' }));
    expect(seen).toEqual([1, 2]);
  });
});

describe('the extended acknowledgement', () => {
  test('tells what the kernel said, and where', async () => {
    // header 16, struct 8; name at 24 (4 + 6, padded to 12), nest at 36, nest.id at 40, nest.more at 48, deep at 52
    const request = set({ name: 'hello', nest: { id: 9, more: { deep: 3 } } });
    const at = async (offset: number) => {
      const error = await failure(
        (sent) => [ack(sent, -EINVAL, attribute(1, cstring('That is wrong')), attribute(2, u32(offset)))],
        request,
      );
      return [error.attribute, error.value];
    };
    expect(await at(24)).toEqual(['name', 'hello']);
    expect(await at(36)).toEqual(['nest', { id: 9, more: { deep: 3 } }]);
    expect(await at(40)).toEqual(['nest.id', 9]);
    expect(await at(48)).toEqual(['nest.more', { deep: 3 }]);
    expect(await at(52)).toEqual(['nest.more.deep', 3]);
    expect(await at(20)).toEqual(['index', undefined]);
    expect(await at(9999)).toEqual(['byte 9999', undefined]);
  });

  test('becomes one line that says all', async () => {
    const policy = attribute(4, attribute(N.NL_POLICY_TYPE_ATTR_MIN_VALUE_U, u64(1n)), attribute(5, u64(4094n)));
    const error = await failure(
      (sent) => [ack(sent, -EINVAL, attribute(1, cstring('integer out of range')), attribute(2, u32(28)), policy)],
      set({ nest: { id: 9999 } }),
    );
    expect(error.message).toBe('thing set: integer out of range (EINVAL); at nest.id = 9999; accepted: 1 to 4094');
    expect(error).toMatchObject({
      name: 'NetlinkError',
      code: 'EINVAL',
      errno: -EINVAL,
      operation: 'thing set',
      kernelMessage: 'integer out of range',
      attribute: 'nest.id',
      value: 9999,
      policy: '1 to 4094',
    });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'EINVAL', attribute: 'nest.id', value: 9999 });
  });

  test('is a plain sentence where the kernel adds nothing', async () => {
    const error = await failure((sent) => [ack(sent, -EEXIST)], set());
    expect(error.message).toBe('thing set: already exists (EEXIST)');
    expect(error).toMatchObject({ code: 'EEXIST', errno: -EEXIST });
    expect('attribute' in error).toBe(false);
  });

  test.each([
    ['signed range', attribute(4, attribute(2, u64(0xffffffffffffffffn)), attribute(3, u64(7n))), '-1 to 7'],
    ['lower bound', attribute(4, attribute(4, u64(3n))), '3 to anything'],
    ['length', attribute(4, attribute(6, u32(1)), attribute(7, u32(15))), '1 to 15 bytes'],
    ['bits', attribute(4, attribute(N.NL_POLICY_TYPE_ATTR_MASK, u64(0x13n))), 'bits of 0x13'],
    ['bits of a bitfield', attribute(4, attribute(N.NL_POLICY_TYPE_ATTR_BITFIELD32_MASK, u32(6))), 'bits of 0x6'],
    ['nothing but the type', attribute(4, attribute(N.NL_POLICY_TYPE_ATTR_TYPE, u32(3))), undefined],
  ])('names the accepted values: %s', async (_, policy, expected) => {
    expect((await failure((sent) => [ack(sent, -EINVAL, policy)], set())).policy).toBe(expected);
  });

  test('names a missing attribute, of the message or of a nest', async () => {
    const request = set({ nest: { id: 9, more: { deep: 3 } } }); // nest at 24, id 28, more 36
    const missing = async (...attributes: Uint8Array[]) =>
      (await failure((sent) => [ack(sent, -EINVAL, ...attributes)], request)).missing;
    expect(await missing(attribute(5, u32(2)))).toBe('size');
    expect(await missing(attribute(5, u32(2)), attribute(6, u32(24)))).toBe('nest.more');
    expect(await missing(attribute(5, u32(1)), attribute(6, u32(36)))).toBe('nest.more.deep');
    expect(await missing(attribute(5, u32(99)))).toBe('attribute 99');
  });

  test('keeps a cookie', async () => {
    const error = await failure((sent) => [ack(sent, -EBUSY, attribute(3, Uint8Array.of(1, 2, 3)))], set());
    expect(error.cookie).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('is found behind the echo of the whole request, too', async () => {
    const error = await failure(
      (sent) => [uncappedAck(sent, -EINVAL, attribute(1, cstring('far behind')), attribute(2, u32(24)))],
      set({ name: 'odd' }),
    );
    expect(error).toMatchObject({ kernelMessage: 'far behind', attribute: 'name', value: 'odd' });
  });

  test('of an unknown attribute that was sent back says where it stood', async () => {
    const request = set({ name: 'x', unknown: [{ type: 99, value: Uint8Array.of(1) }] });
    const error = await failure((sent) => [ack(sent, -EINVAL, attribute(2, u32(32)))], request);
    expect(error.attribute).toBe('byte 32');
  });

  test('comes at the end of a dump as well, where no request is echoed', async () => {
    const error = await failure(
      (sent) => [one(sent, 1, N.NLM_F_MULTI), done(sent, -ENOENT, attribute(1, cstring('no such table')))],
      dump(),
    );
    expect(error).toMatchObject({ code: 'ENOENT', kernelMessage: 'no such table', operation: 'thing list' });
  });

  test('an error at the end of a dump without one', async () => {
    expect((await failure((sent) => [done(sent, -ENODEV)], dump())).code).toBe('ENODEV');
  });

  test('an error instead of a dump', async () => {
    expect((await failure((sent) => [ack(sent, -EPERM)], dump())).code).toBe('EPERM');
  });

  test('of a success is a warning', async () => {
    const answer = (sent: Uint8Array) => [ack(sent, 0, attribute(1, cstring('deprecated, use that')))];
    const now = connected(answer);
    now.connection.exchange(set());
    expect(now.warnings).toEqual([{ operation: 'thing set', message: 'deprecated, use that' }]);
    const later = connected(answer);
    await later.connection.exchangeAsync(set());
    expect(later.warnings).toEqual(now.warnings);
    const dumped = connected((sent) => [one(sent, 1, 2), done(sent, 0, attribute(1, cstring('partly')))]);
    dumped.connection.exchange(dump());
    expect(dumped.warnings).toEqual([{ operation: 'thing list', message: 'partly' }]);
  });

  test('an end of a dump without an error number is a success', () => {
    const { connection } = connected((sent) => [reply(sent, N.NLMSG_DONE, 2)]);
    expect(connection.exchange(dump())).toEqual([]);
  });

  test('a positive number is no error: some dumps end with their length', () => {
    const { connection } = connected((sent) => [reply(sent, N.NLMSG_DONE, 2, u32(44))]);
    expect(connection.exchange(dump())).toEqual([]);
  });
});

describe('the socket', () => {
  test('interrupted by a signal is asked again', async () => {
    const answer = (request: Uint8Array) => [-EINTR, -EINTR, one(request, 5), -EINTR, ack(request), -EINTR];
    const { kernel, connection } = connected(answer);
    kernel.sendResults.push(-EINTR, -EINTR);
    expect(indexes(connection.exchange(get()))).toEqual([5]);
    expect(kernel.sent.length).toBe(1);
    expect(indexes(await connected(answer).connection.exchangeAsync(get()))).toEqual([5]);
  });

  test('that will not send says why', () => {
    const { kernel, connection } = connected((request) => [ack(request)]);
    kernel.sendResults.push(-ENOBUFS);
    expect(() => connection.exchange(set())).toThrow(expect.objectContaining({ code: 'ENOBUFS' }));
    connection.exchange(set());
  });

  test('without an answer is an error, not a wait', async () => {
    expect((await failure(() => [], set())).code).toBe('ERR_NETLINK_NO_ANSWER');
    expect((await failure((request) => [one(request, 5)], get())).code).toBe('ERR_NETLINK_NO_ANSWER');
    expect((await failure((request) => [-EAGAIN, one(request, 5), ack(request)], get())).code).toBe(
      'ERR_NETLINK_NO_ANSWER',
    );
  });

  test('that lost messages (ENOBUFS) is an error of the request, also before a datagram that did come', async () => {
    expect((await failure((request) => [-ENOBUFS, one(request, 5), ack(request)], get())).code).toBe('ENOBUFS');
    expect((await failure((request) => [one(request, 1, 2), -ENOBUFS, done(request)], dump())).code).toBe('ENOBUFS');
    expect((await failure((request) => [-ENOBUFS, ack(request)], set())).code).toBe('ENOBUFS');
  });
});

describe('an abandoned answer', () => {
  const answer = (request: Uint8Array) => [
    ...Array.from({ length: 50 }, (_, index) => one(request, index + 1, N.NLM_F_MULTI)),
    done(request),
  ];

  test('leaves the connection usable', async () => {
    const { connection } = connected(answer);
    for (const batch of connection.stream(dump())) if (batch[0]!.index === 3) break;
    expect(connection.exchange(dump()).length).toBe(50);
    for await (const _ of connection.streamAsync(dump())) break;
    expect((await connection.exchangeAsync(dump())).length).toBe(50);
  });

  test('is not read on when the connection is closed meanwhile', () => {
    const { kernel, connection } = connected(answer);
    for (const _ of connection.stream(dump())) {
      connection.close();
      break;
    }
    expect(kernel.queue.length).toBeGreaterThan(40);
  });

  test('does not hang where the socket keeps failing', () => {
    const EBADF = 9;
    const { kernel, connection } = connected(answer);
    for (const _ of connection.stream(dump())) break;
    kernel.queue.length = 0;
    kernel.receive = () => -EBADF;
    expect(() => connection.exchange(dump())).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('by an error of the reader leaves the connection usable', () => {
    const { connection } = connected(answer);
    expect(() => {
      for (const _ of connection.stream(dump())) throw new Error('enough');
    }).toThrow('enough');
    expect(connection.exchange(dump()).length).toBe(50);
  });

  test('by bytes that are no message leaves the connection usable', () => {
    const broken = reply(1, TYPE, 2, Uint8Array.of(1, 2));
    const { connection } = connected((request, nth) =>
      nth === 1 ? [concat(one(request, 1, 2), new Uint8Array(broken)), ...answer(request)] : answer(request),
    );
    expect(() => connection.exchange(dump())).toThrow(DecodeError);
    expect(connection.exchange(dump()).length).toBe(50);
  });
});

describe('a big dump', () => {
  const datagrams = 200;
  const each = 100;
  const answer = (request: Uint8Array) => [
    ...Array.from({ length: datagrams }, (_, part) =>
      concat(...Array.from({ length: each }, (_, index) => one(request, part * each + index + 1, N.NLM_F_MULTI))),
    ),
    done(request),
  ];

  test('is read whole, in order, now and in a thread', async () => {
    const all = Array.from({ length: datagrams * each }, (_, index) => index + 1);
    expect(indexes(connected(answer).connection.exchange(dump()))).toEqual(all);
    expect(indexes(await connected(answer).connection.exchangeAsync(dump()))).toEqual(all);
  });

  test('is read datagram by datagram as a stream', () => {
    const { kernel, connection } = connected(answer);
    let parts = 0;
    for (const batch of connection.stream(dump())) {
      expect(batch.length).toBe(each);
      expect(kernel.queue.length).toBe(datagrams + 1 - ++parts);
    }
    expect(parts).toBe(datagrams);
  });
});

describe('hostile answers', () => {
  test.each([
    ['a message longer than the datagram', (r: Uint8Array) => patched(one(r, 5), 0, 200)],
    ['a message shorter than its header', (r: Uint8Array) => patched(one(r, 5), 0, 8)],
    ['a message without its struct', (r: Uint8Array) => reply(r, TYPE, 0, u32(1))],
    ['an attribute longer than the message', (r: Uint8Array) => one(r, 5, 0, Uint8Array.of(200, 0, 1, 0))],
    ['a number that is too short', (r: Uint8Array) => one(r, 5, 0, attribute(2, Uint8Array.of(1)))],
  ])('%s is a DecodeError with an offset', (_, make) => {
    const { connection } = connected((request) => [make(request), ack(request)]);
    expect(() => connection.exchange(get())).toThrow(DecodeError);
    expect(() => connection.exchange(get())).toThrow(/at byte \d+\)$/);
  });

  test('an error message too short for its number ends the request', () => {
    const { connection } = connected((request) => [reply(request, N.NLMSG_ERROR, 0)]);
    connection.exchange(set());
  });

  test('an acknowledgement whose echo claims more than is there is read as far as it goes', async () => {
    const error = await failure((request) => {
      const bytes = uncappedAck(request, -EINVAL, attribute(1, cstring('x')));
      return [patched(bytes, 20, 0xfffffff0)];
    }, set());
    expect(error.code).toBe('EINVAL');
  });
});

function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}
