import { defineConfig } from 'vitest/config';

/** What is known of the kernel's types is kept, and this one covers them up first. */
const ALONE = ['test/kernel/bpf/no-btf.test.js'];
const names = process.env.NLBPF_WITHOUT?.split(',').filter((name) => name !== '') ?? [];
const LEFT_OUT = names.map((name) => `test/kernel/${name}.test.js`);

/**
 * The kernel tests in build/, each file in namespaces of its own as on the host; see vitest.config.ts. One process runs
 * them all: to start one takes ten seconds where the processor is emulated.
 */
export default defineConfig({
  root: new URL('../../build', import.meta.url).pathname,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/kernel/**/*.test.js'],
          exclude: [...ALONE, ...LEFT_OUT],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, isolate: true, sequence: { groupOrder: 1 } } },
    ],
    setupFiles: ['test/support/namespaces.js'],
    pool: 'forks',
    maxWorkers: 1,
    execArgv: ['--expose-gc'],
    // The processor is emulated.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Node imports the files itself: there is nothing to transform.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
