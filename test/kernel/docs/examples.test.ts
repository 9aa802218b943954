import { afterEach, beforeEach, expect, test } from 'vitest';
import { NetNs, RtNetlink } from '../../../src/index.js';
import { blocks, execute } from '../../support/docs.js';

const runnable = blocks().filter(({ tags }) => tags.includes('run'));

beforeEach(() => process.chdir(new URL('../../..', import.meta.url).pathname));
afterEach(() => {
  for (const name of NetNs.list()) NetNs.delete(name);
});

test.each(runnable)('the TypeScript at $where runs, and leaves no link behind', async (block) => {
  await execute(block);
  using rt = new RtNetlink();
  expect(rt.links.list().map(({ ifname }) => ifname)).toEqual(['lo']);
});
