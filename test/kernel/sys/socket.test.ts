import { openSync, readlinkSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { Fd } from '../../../src/sys/fd.js';
import { Memory } from '../../../src/sys/memory.js';
import { NetNs } from '../../../src/sys/netns.js';
import { readable, readiness } from '../../../src/sys/poll.js';
import { Socket } from '../../../src/sys/socket.js';
import {
  AF_INET,
  AF_NETLINK,
  MSG_TRUNC,
  SO_RCVBUF,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
} from '../../../src/uapi/socket.js';
import { flagsOf, openFds } from '../../support/fds.js';

const O_CLOEXEC = 0o2000000;
const EAGAIN = -11;
const loopback = (port: number) =>
  Uint8Array.of(AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);

/** Two UDP sockets on the loopback of this namespace; the first sends to the second. */
function pair() {
  const to = Socket.open(AF_INET, SOCK_DGRAM, 0, { what: 'the receiver' });
  to.bind(loopback(7001));
  const from = Socket.open(AF_INET, SOCK_DGRAM, 0, { what: 'the sender' });
  from.bind(loopback(7002));
  from.connect(loopback(7001));
  const close = () => {
    from.close();
    to.close();
  };
  return { from, to, [Symbol.dispose]: close };
}

const message = Memory.from(Buffer.from('hello'));

describe('a socket', () => {
  test('is close-on-exec, and closed once', () => {
    const before = openFds();
    const socket = Socket.open(AF_NETLINK, SOCK_RAW, 0);
    expect(flagsOf(socket.fd) & O_CLOEXEC).toBe(O_CLOEXEC);
    socket.close();
    socket.close();
    expect(openFds()).toBe(before);
    expect(() => socket.fd).toThrow('a socket is closed');
  });

  test('sends and receives, and tells the sender and the true length', () => {
    using sockets = pair();
    const room = Memory.allocate(3);
    expect(sockets.from.send(message, 5)).toBe(5);
    expect(sockets.to.receive(room, MSG_TRUNC)).toBe(5);
    expect(Buffer.from(room.bytes).toString()).toBe('hel');
    const { sender } = sockets.to;
    expect([sender.getUint16(2), sender.getUint8(4), sender.getUint8(7)]).toEqual([7002, 127, 1]);
    expect(sockets.to.receive(room)).toBe(EAGAIN);
  });

  test('sends to an address, and knows its own', () => {
    using sockets = pair();
    const room = Memory.allocate(16);
    expect(sockets.from.sendTo(Buffer.from('abc'), loopback(7001))).toBe(3);
    expect(sockets.to.receive(room)).toBe(3);
    expect(sockets.to.getsockname()).toEqual(loopback(7001));
  });

  test('has options, as numbers and as bytes', () => {
    using sockets = pair();
    sockets.to.setOption(SOL_SOCKET, SO_RCVBUF, 100_000);
    sockets.from.setOption(SOL_SOCKET, SO_RCVBUF, new Uint8Array(new Uint32Array([100_000]).buffer));
    const values = [sockets.to, sockets.from].map((socket) => socket.getOption(SOL_SOCKET, SO_RCVBUF));
    expect(values.map((bytes) => new Uint32Array(bytes.slice().buffer)[0])).toEqual([200_000, 200_000]);
    expect(() => sockets.to.setOption(SOL_SOCKET, SO_TYPE, 1)).toThrow(
      `setsockopt the receiver (level 1, option ${SO_TYPE}): no such socket option (ENOPROTOOPT)`,
    );
  });

  test('belongs to the namespace that it was opened in', () => {
    using inside = NetNs.anonymous();
    using socket = Socket.open(AF_NETLINK, SOCK_RAW, 0, { netns: inside });
    using netns = socket.netns();
    expect(readlinkSync(`/proc/self/fd/${netns.fd}`)).toBe(`net:[${inside.inode}]`);
    expect(flagsOf(netns.fd) & O_CLOEXEC).toBe(O_CLOEXEC);
  });

  test('that cannot be opened leaves nothing behind', () => {
    const before = openFds();
    using inside = NetNs.anonymous();
    expect(() => Socket.open(AF_NETLINK, SOCK_RAW, 999, { netns: inside, what: 'a netlink socket' })).toThrow(
      'socket a netlink socket: the kernel does not support this protocol (EPROTONOSUPPORT)',
    );
    expect(openFds()).toBe(before + 1);
  });

  test('refuses to send more than the memory holds', () => {
    using sockets = pair();
    expect(() => sockets.from.send(message, 6)).toThrow('6 bytes to send, 5 in memory');
  });
});

describe('in the thread pool', () => {
  test('send and receive answer lengths', async () => {
    using sockets = pair();
    const room = Memory.allocate(16);
    expect(await sockets.from.sendAsync(message, 5)).toBe(5);
    expect(await sockets.to.receiveAsync(room)).toBe(5);
    expect(sockets.to.sender.getUint16(2)).toBe(7002);
  });

  test('each failure has its own errno, however many run at once', async () => {
    using sockets = pair();
    using unconnected = Socket.open(AF_INET, SOCK_DGRAM, 0);
    const calls = Array.from({ length: 400 }, (_, i) =>
      i % 2 === 0 ? sockets.to.receiveAsync(Memory.allocate(8)) : unconnected.sendAsync(message, 5),
    );
    const EDESTADDRREQ = -89;
    expect(await Promise.all(calls)).toEqual(calls.map((_, i) => (i % 2 === 0 ? EAGAIN : EDESTADDRREQ)));
  });

  test('a socket closed meanwhile gives its number back only afterwards', async () => {
    const { from, to } = pair();
    const { fd } = to;
    const call = to.receiveAsync(Memory.allocate(8));
    to.close();
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toMatch(/^socket:/);
    expect(await call).toBe(EAGAIN);
    expect(() => readlinkSync(`/proc/self/fd/${fd}`)).toThrow('ENOENT');
    expect(() => to.fd).toThrow('closed');
    from.close();
  });
});

describe('waiting', () => {
  test('ends when there is something to read, for all who wait', async () => {
    using sockets = pair();
    const all = Promise.all([sockets.to.readable(), sockets.to.readable(), sockets.to.readable()]);
    sockets.from.send(message, 5);
    await all;
    expect(sockets.to.receive(Memory.allocate(8))).toBe(5);
  });

  test('ends at once when there is something already, again and again', async () => {
    using sockets = pair();
    const room = Memory.allocate(8);
    for (let i = 0; i < 100; i++) {
      sockets.from.send(message, 5);
      await sockets.to.readable();
      expect(sockets.to.receive(room)).toBe(5);
    }
  });

  test('ends for one by its signal, and goes on for the others', async () => {
    using sockets = pair();
    const controller = new AbortController();
    const aborted = sockets.to.readable(controller.signal);
    const other = sockets.to.readable();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    sockets.from.send(message, 5);
    await other;
    await expect(sockets.to.readable(controller.signal)).rejects.toThrow('enough');
  });

  test('ends when the socket is closed', async () => {
    using sockets = pair();
    const waiting = sockets.to.readable();
    sockets.to.close();
    await expect(waiting).rejects.toThrow('the receiver was closed while it was waited for');
    await expect(sockets.to.readable()).rejects.toThrow('the receiver is closed');
  });

  test('starts again on a number that was used before', async () => {
    for (let i = 0; i < 3; i++) {
      using sockets = pair();
      const waiting = sockets.to.readable();
      sockets.from.send(message, 5);
      await waiting;
    }
  });

  test('is refused for what cannot be waited for', async () => {
    using file = new Fd(openSync('/etc/hostname', 'r'), 'a file');
    await expect(readable(file)).rejects.toThrow('epoll_ctl a file: operation not permitted (EPERM)');
  });

  test('as an iterable ends with the signal, and when closed', async () => {
    const before = openFds();
    const controller = new AbortController();
    {
      using inside = new Fd(openSync('/proc/self/mounts', 'r'), 'the mounts');
      let turns = 0;
      for await (const _ of readiness(inside, controller.signal)) if (++turns === 3) controller.abort();
      expect(turns).toBe(3);
      for await (const _ of readiness(inside)) inside.close();
    }
    expect(openFds()).toBe(before);
  });
});

describe('a descriptor', () => {
  test('that is collected unclosed is closed, with a warning that tells where it was made', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const before = openFds();
    (() => void Socket.open(AF_INET, SOCK_DGRAM, 0, { what: 'a forgotten socket' }))();
    expect(openFds()).toBe(before + 1);
    await vi.waitFor(() => {
      globalThis.gc?.();
      expect(warn).toHaveBeenCalled();
    });
    expect(openFds()).toBe(before);
    expect(warn.mock.calls[0]![0]).toMatch(
      /^a forgotten socket was never closed, and is closed now; it was made here:\n/,
    );
    expect(warn.mock.calls[0]![0]).toContain('socket.test.ts');
    expect(warn.mock.calls[0]![1]).toMatchObject({ code: 'NLBPF_UNCLOSED' });
    warn.mockRestore();
  });

  test('that was waited for once is collected as well', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const before = openFds();
    await (async () => {
      const socket = Socket.open(AF_INET, SOCK_DGRAM, 0, { what: 'a forgotten socket' });
      await socket.readable(AbortSignal.timeout(5)).catch(() => undefined);
    })();
    await vi.waitFor(() => {
      globalThis.gc?.();
      expect(openFds()).toBe(before);
    });
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});
