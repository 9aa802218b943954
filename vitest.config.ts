import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** Pure tests: no privileges, any system. */
const unit: TestProjectConfiguration = {
  extends: true,
  test: { name: 'unit', include: ['test/{unit,golden,fuzz}/**/*.test.ts'], pool: 'threads' },
};

const root = process.platform === 'linux' && process.getuid?.() === 0;
if (!root)
  console.error('The kernel tests are left out: they need root on Linux (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_BPF).');

/** As root: each file in a process of its own, in network and mount namespaces of its own. */
const kernel: TestProjectConfiguration = {
  extends: true,
  test: {
    name: 'kernel',
    include: root ? ['test/kernel/**/*.test.ts'] : [],
    setupFiles: ['test/support/namespaces.ts'],
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
    execArgv: ['--expose-gc'],
    testTimeout: 20_000,
  },
};

export default defineConfig({
  test: { projects: [unit, kernel], passWithNoTests: !root },
});
