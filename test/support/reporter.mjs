import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * A vitest reporter that writes what became of each test to the file NLBPF_REPORT names, as JSON:
 * `[{ file, name, state, seconds, reason, errors }]`, where `reason` is why it was skipped. How many passed, failed and
 * were skipped goes to the file that NLBPF_COUNTS names.
 */
export default class Report {
  #root = process.cwd();

  onInit(vitest) {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules) {
    const tests = [];
    for (const module of modules) {
      const file = relative(this.#root, module.moduleId).replace(/\.[jt]s$/, '');
      // A file that could not be read has no tests, and must not pass for one with nothing to say.
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) {
        tests.push({ file, name: '(the file itself)', state: 'failed' });
      }
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result();
        const why = errors?.map(({ message, diff, stack }) => [message, diff, stack].filter(Boolean).join('\n'));
        const seconds = (test.diagnostic()?.duration ?? 0) / 1000;
        tests.push({ file, name: test.fullName, state, seconds, reason: note, errors: why });
      }
    }
    const { NLBPF_REPORT, NLBPF_COUNTS } = process.env;
    if (NLBPF_REPORT) writeFileSync(NLBPF_REPORT, JSON.stringify(tests));
    const count = (state) => tests.filter((test) => test.state === state).length;
    if (NLBPF_COUNTS) writeFileSync(NLBPF_COUNTS, `${count('passed')} ${count('failed')} ${count('skipped')}\n`);
  }
}
