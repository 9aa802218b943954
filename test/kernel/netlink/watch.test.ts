import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Change, RtNetlink } from '../../../src/netlink/index.js';

let rt: RtNetlink;
let abort: AbortController;

beforeEach(() => {
  rt = new RtNetlink();
  abort = new AbortController();
  rt.links.add({ ifname: 'w0', kind: 'veth', peer: { ifname: 'w1' } });
  for (const half of ['w0', 'w1']) rt.links.set(half, { up: true });
  rt.addresses.add({ dev: 'w0', address: '10.77.0.1/24' });
});

afterEach(() => {
  abort.abort();
  rt.links.delete('w0');
  rt.close();
});

const text = ({ object, event, value }: Change): string =>
  `${event} ${object === 'link' ? value.ifname : object === 'address' ? value.address : value.dst}`;

/** Changes until one says `last`. */
async function until(changes: AsyncIterable<Change>, last: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const change of changes) {
    seen.push(text(change));
    if (seen.at(-1) === last) break;
  }
  return seen;
}

describe('watch', () => {
  test('tells of links, addresses and routes as they come and go', async () => {
    const changes = rt.watch(['link', 'address', 'route'], { signal: abort.signal });
    rt.links.add({ ifname: 'w2', kind: 'bridge' });
    rt.addresses.add({ dev: 'w0', address: '10.77.1.1/32' });
    rt.routes.add({ dst: '10.78.0.0/16', gateway: '10.77.0.2' });
    rt.routes.delete({ dst: '10.78.0.0/16' });
    rt.addresses.delete({ dev: 'w0', address: '10.77.1.1/32' });
    rt.links.delete('w2');
    const seen = await until(changes, 'delete w2');
    for (const wanted of ['add w2', 'add 10.77.1.1/32', 'add 10.78.0.0/16', 'delete 10.78.0.0/16']) {
      // What happened before the first list was made may be told as a change, or not at all once it is undone.
      const [, name] = wanted.split(' ');
      const told = seen.filter((line) => line.endsWith(` ${name}`));
      expect(told.length === 0 || told.at(-1) === `delete ${name}`, `${wanted} in ${seen.join(', ')}`).toBe(true);
    }
    expect(seen).toContain('delete w2');
  });

  test('begins with what is there, when asked', async () => {
    const changes = rt.watch(['link'], { signal: abort.signal, snapshot: true });
    expect(await until(changes, 'present w0')).toContain('present lo');
  });

  test('a replaced route is a change, with what it was', async () => {
    rt.routes.add({ dst: '10.78.0.0/16', gateway: '10.77.0.2' });
    const changes = rt.watch(['route'], { signal: abort.signal, snapshot: true });
    for await (const change of changes) {
      if (text(change) === 'present 10.78.0.0/16') rt.routes.replace({ dst: '10.78.0.0/16', gateway: '10.77.0.3' });
      if (change.event !== 'change') continue;
      expect(change.value.gateway).toBe('10.77.0.3');
      expect(change.previous?.gateway).toBe('10.77.0.2');
      break;
    }
  });

  test('misses nothing when the kernel drops messages: lists again, and tells the differences', async () => {
    const changes = rt.watch(['route'], { signal: abort.signal, snapshot: true, receiveBuffer: 4096 });
    const known = new Set<string>();
    let stormed = false;
    for await (const change of changes) {
      const dst = change.value.dst;
      if (change.event === 'delete') known.delete(dst!);
      else known.add(dst!);
      if (!stormed) {
        stormed = true;
        // Nothing is read meanwhile: this function does not wait.
        for (let i = 0; i < 500; i++) rt.routes.add({ dst: `10.80.${i >> 8}.${i & 255}/32`, gateway: '10.77.0.2' });
        for (let i = 0; i < 250; i++) rt.routes.delete({ dst: `10.80.${i >> 8}.${i & 255}/32` });
        rt.routes.add({ dst: '10.81.0.0/16', gateway: '10.77.0.2' });
      }
      if (dst === '10.81.0.0/16' && change.event === 'add' && known.size >= 251) break;
    }
    const mine = (dst: string | undefined): boolean => dst?.startsWith('10.80.') ?? false;
    expect([...known].filter(mine).sort()).toEqual(
      rt.routes
        .list({ family: 2 })
        .map(({ dst }) => dst!)
        .filter(mine)
        .sort(),
    );
  }, 30_000);

  test('ends quietly when the signal aborts', async () => {
    const changes = rt.watch(['link'], { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    // The pair may still be coming up; what was there already must not be told.
    for await (const change of changes) expect(change.event).not.toBe('present');
    expect(abort.signal.aborted).toBe(true);
  });

  test('refuses what cannot be watched', () => {
    expect(() => rt.watch(['nexthop' as 'link'])).toThrow('can be watched: link, address, route; not "nexthop"');
  });
});
