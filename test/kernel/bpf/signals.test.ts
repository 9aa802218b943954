import { Session } from 'node:inspector';
import { expect, test } from 'vitest';
import { BpfObject } from '../../../src/bpf/object.js';

const object = new URL('../../bpf/core_many.o', import.meta.url);

/** While V8's CPU profiler sends this thread a signal every 50 microseconds. */
function profiled(job: () => void): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 50 });
  session.post('Profiler.start');
  try {
    job();
  } finally {
    session.disconnect();
  }
}

test('programs load under a profiler, whose signals the verifier gives up at', () => {
  profiled(() => {
    for (let round = 0; round < 5; round++) {
      using loaded = BpfObject.open(object).load();
      expect(loaded.programs.size).toBe(24);
    }
  });
});
