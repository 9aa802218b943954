import { defineConfig } from 'vitest/config';

/**
 * The kernel tests in build/, each file in namespaces of its own as on the host; see vitest.config.ts. One process runs
 * them all: to start one takes ten seconds where the processor is emulated.
 */
export default defineConfig({
  root: new URL('../../build', import.meta.url).pathname,
  test: {
    include: ['test/kernel/**/*.test.js'],
    setupFiles: ['test/support/namespaces.js'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
    execArgv: ['--expose-gc'],
    // The processor is emulated.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Node imports the files itself: there is nothing to transform.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
