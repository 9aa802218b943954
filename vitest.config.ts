import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { whyNoKernelTests } from './test/support/oracles.js';

/** Pure tests: no privileges, any system. */
const unit: TestProjectConfiguration = {
  extends: true,
  test: {
    name: 'unit',
    include: ['test/{unit,golden,fuzz}/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: '100%', // the default leaves one processor idle
  },
};

const why = whyNoKernelTests();
if (why !== undefined) {
  // Where everything must be run, leaving them out is no way to succeed.
  if (process.env['CI'] === 'true') throw new Error(`The kernel tests cannot run: ${why}.`);
  // This file is read once for each project.
  if (process.env['NLBPF_LEFT_OUT'] !== why) console.error(`The kernel tests are left out: ${why}.`);
  process.env['NLBPF_LEFT_OUT'] = why;
}

/** What takes longest is begun first. */
class CyclesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/cycles.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** As root: each file in a process of its own, in network and mount namespaces of its own. */
const kernel: TestProjectConfiguration = {
  extends: true,
  test: {
    name: 'kernel',
    include: why === undefined ? ['test/kernel/**/*.test.ts'] : [],
    setupFiles: ['test/support/namespaces.ts'],
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

export default defineConfig({
  test: {
    projects: [unit, kernel],
    passWithNoTests: why !== undefined,
    sequence: { sequencer: CyclesFirst },
  },
});
