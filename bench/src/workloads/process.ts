import { fileURLToPath } from 'node:url';
import { byLibbpf, byNlbpf, byTool, type Setup } from '../workload.js';

/** 24 programs, all with CO-RE relocations, and maps. */
const OBJECT = fileURLToPath(new URL('../../../test/bpf/core_many.o', import.meta.url));

export const objectLoad: Setup = (stage) => {
  const pins = `${stage.pins}/loaded`;
  return {
    name: 'object-load',
    unit: 'object',
    contestants: [
      byLibbpf(stage, ', first in the process', 'load', OBJECT),
      byLibbpf(stage, ', again', 'load', OBJECT, 'again'),
      byTool(stage, 'bpftool prog loadall', 1, 'bpftool', 'prog', 'loadall', OBJECT, pins),
      byNlbpf(', first in the process', 'object-load', OBJECT),
      byNlbpf(', again', 'object-load', OBJECT, 'again'),
    ],
    after: () => stage.run('rm', '-rf', pins),
  };
};

/** Whole processes: what importing the library and a first system call add to Node's own start. */
export const startUp: Setup = (stage) => ({
  name: 'start-up',
  unit: 'process',
  contestants: [
    byTool(stage, 'node alone', 1, process.execPath, '-e', ''),
    byTool(stage, 'nlbpf, and a request', 1, ...byNlbpf('', 'start-up').command),
  ],
});
