/** What a skip must say: a feature by its name in test/support/features.ts, and how the kernel refused it. */
const REASON = /^no (\S+) in this kernel: /;

/** By test, what became of it on each kernel. */
function byTest(columns) {
  const tests = new Map();
  for (const { kernel, tests: ofKernel } of columns) {
    for (const { file, name, state, reason } of ofKernel) {
      const key = `${file} > ${name}`;
      if (!tests.has(key)) tests.set(key, []);
      tests.get(key).push({ kernel, state, reason });
    }
  }
  return tests;
}

/** A line for each test that was skipped somewhere. */
export function skips(columns) {
  const lines = [];
  for (const [test, runs] of byTest(columns)) {
    for (const reason of new Set(runs.filter(({ state }) => state === 'skipped').map((run) => run.reason))) {
      const where = runs.filter((run) => run.state === 'skipped' && run.reason === reason).map(({ kernel }) => kernel);
      lines.push(`skipped on ${where.join(', ')}: ${test}: ${reason ?? 'no reason given'}`);
    }
  }
  return lines;
}

/** What is wrong with the results: nothing, where all is well. */
export function verdict(columns, features) {
  const problems = [];
  for (const [test, runs] of byTest(columns)) {
    for (const { kernel, state, reason } of runs) {
      if (state === 'failed') problems.push(`${kernel}: ${test}`);
      if (state === 'skipped' && !features.includes(REASON.exec(reason ?? '')?.[1])) {
        problems.push(
          `${kernel}: ${test} was skipped, and not for lack of a declared feature: ${reason ?? 'no reason'}`,
        );
      }
    }
    if (runs.every(({ state }) => state === 'skipped')) problems.push(`ran on no kernel: ${test}`);
  }
  return problems;
}
