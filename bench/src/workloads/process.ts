import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { byNlbpf, byTool, type Setup } from '../workload.js';

/** An object of the package itself, with several programs and a map. */
const OBJECT = `${dirname(createRequire(import.meta.url).resolve('nlbpf/package.json'))}/bpf/tunnel.o`;

export const objectLoad: Setup = (stage) => {
  const pins = `${stage.pins}/loaded`;
  return {
    name: 'object-load',
    unit: 'object',
    contestants: [
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
