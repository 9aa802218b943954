import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NetNs, RtNetlink } from '../../../src/index.js';
import { blocks, execute, ROOT } from '../../support/docs.js';
import { isFallback } from '../../support/features.js';

const runnable = blocks().filter(({ tags }) => tags.includes('run'));

beforeEach(() => {
  process.chdir(ROOT);
  vi.spyOn(console, 'log').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const name of NetNs.list()) NetNs.delete(name);
});

test.each(runnable)('the TypeScript at $where runs, and leaves nothing behind', async (block) => {
  await execute(block);
  expect(NetNs.list()).toEqual([]);
  using rt = new RtNetlink();
  const names = rt.links.list().map(({ ifname }) => ifname);
  expect(names.filter((name) => !isFallback(name))).toEqual(['lo']);
});
