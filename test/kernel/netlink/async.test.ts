import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Link, NetlinkError, RtNetlink } from '../../../src/netlink/index.js';
import { NetNs } from '../../../src/sys/netns.js';
import { runJson } from '../../support/command.js';
import { openFds } from '../../support/fds.js';
import { isFallback } from '../../support/features.js';

const rt = new RtNetlink();
afterAll(() => rt.close());
const links = (): string[] =>
  runJson('ip', '-j', 'link')
    .map(({ ifname }: { ifname: string }) => ifname)
    .filter((name: string) => !isFallback(name));
const real = (all: readonly Link[]) => all.filter(({ ifname }) => !isFallback(ifname));
const veth = (name: string) => ({ ifname: `${name}a`, kind: 'veth', peer: { ifname: `${name}b` } }) as const;

describe('the promise forms', () => {
  test('do what the others do, one after another and at once', async () => {
    await rt.async.links.add(veth('as'));
    expect((await rt.async.links.get('asa')).kind).toBe('veth');
    await Promise.all(Array.from({ length: 20 }, (_, i) => rt.async.links.add(veth(`as${i}`))));
    expect(links().length).toBe(1 + 2 * 21);
    expect((await rt.async.links.list({ kind: 'veth' })).length).toBe(42);
    let seen = 0;
    for await (const link of rt.async.links.dump()) {
      if (isFallback(link.ifname)) continue;
      expect((await rt.async.links.get(link.index)).ifname).toBe(link.ifname);
      seen++;
    }
    expect(seen).toBe(43);
    await Promise.all(
      links()
        .filter((name) => name.endsWith('a'))
        .map((name) => rt.async.links.delete(name)),
    );
    expect(links()).toEqual(['lo']);
  });

  test('reject with what the others throw', async () => {
    await expect(rt.async.links.get('asnone')).rejects.toBeInstanceOf(NetlinkError);
    await expect(rt.async.links.get('asnone')).rejects.toMatchObject({ code: 'ENODEV', operation: 'link get asnone' });
    await expect(rt.async.links.add({ ifname: 'x'.repeat(16) })).rejects.toMatchObject({ code: 'ERR_INVALID_VALUE' });
  });

  test('reject at once with the reason when aborted, and leave no descriptor', async () => {
    await rt.async.links.add(veth('as'));
    await rt.async.links.list(); // an idle connection is there now
    const before = openFds();
    const controller = new AbortController();
    const reason = new Error('enough');
    const deleting = rt.async.links.delete('asa', { signal: controller.signal });
    controller.abort(reason);
    await expect(deleting).rejects.toBe(reason);
    await expect(rt.async.links.list(undefined, { signal: controller.signal })).rejects.toBe(reason);
    // The kernel carries out what it has begun.
    await vi.waitFor(() => expect(links()).toEqual(['lo']));
    await vi.waitFor(() => expect(openFds()).toBeLessThanOrEqual(before));
    expect(real(await rt.async.links.list()).length).toBe(1);
  });

  test('of a stream stop when aborted, also in the middle, and leave no descriptor', async () => {
    for (let i = 0; i < 30; i++) rt.links.add(veth(`as${i}`));
    await rt.async.links.list();
    const before = openFds();
    const controller = new AbortController();
    let seen = 0;
    const reading = (async () => {
      for await (const _ of rt.async.links.dump(undefined, { signal: controller.signal })) {
        if (++seen === 5) controller.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(seen).toBe(5);
    for await (const _ of rt.async.links.dump()) break;
    for await (const _ of rt.async.links.dump()) break;
    expect(openFds()).toBeLessThanOrEqual(before);
    for (let i = 0; i < 30; i++) rt.links.delete(`as${i}a`);
  });

  test('of a stream that nobody reads reject nowhere', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    rt.async.links.dump({ master: 'asnone' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(rt.async.links.dump({ master: 'asnone' }).next()).rejects.toMatchObject({ code: 'ENODEV' });
  });

  test('under way settle when the connection is closed', async () => {
    const own = new RtNetlink();
    const running = Promise.all([own.async.links.list(), own.async.links.list(), own.async.addresses.list()]);
    own.close();
    own.close();
    expect(real((await running)[0]).length).toBe(1);
    expect(() => own.links.list()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await expect(own.async.links.list()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('descriptors', () => {
  test('are as many after 1,000 connections as before', async () => {
    using inside = NetNs.anonymous();
    const before = openFds();
    for (let i = 0; i < 1000; i++) {
      using connection = new RtNetlink(i % 2 === 0 ? {} : { netns: inside });
      connection.links.list();
      if (i % 10 === 0) for (const _ of connection.links.dump()) break;
      if (i % 50 === 0) await connection.async.links.list();
    }
    await vi.waitFor(() => expect(openFds()).toBe(before));
  });

  test('of a failed opening are none', () => {
    const before = openFds();
    expect(() => new RtNetlink({ netns: { fd: 999_999 } })).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(openFds()).toBe(before);
  });

  test('of a connection that is collected unclosed are closed, with a warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const before = openFds();
    (() => void new RtNetlink().links.list())();
    await vi.waitFor(
      () => {
        globalThis.gc?.();
        expect(warn).toHaveBeenCalled();
      },
      { timeout: 5000 },
    );
    expect(openFds()).toBe(before);
    expect(warn.mock.calls[0]![0]).toMatch(
      /^a netlink socket was never closed, and is closed now; it was made here:\n/,
    );
    expect(warn.mock.calls[0]![0]).toContain('async.test.ts');
    warn.mockRestore();
  });
});
