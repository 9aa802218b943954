import { Session } from 'node:inspector';
import { expect, test } from 'vitest';
import { BpfObject } from '../../../src/bpf/object.js';
import { objectPath } from '../../support/objects.js';

const object = objectPath('core_many');

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
