import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBpffs, RtNetlink } from 'nlbpf';
import type { Stage } from './workload.js';

const SOURCES = fileURLToPath(new URL('../c/', import.meta.url));

/** Of the C programs that need one. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = { libbpf: ['-lbpf'] };

export interface OwnStage extends Stage, Disposable {}

/** In namespaces of this process's own: the C programs compiled, `lo` up, room for files and pins. */
export function makeStage(): OwnStage {
  const directory = mkdtempSync(join(tmpdir(), 'nlbpf-bench-'));
  const pins = `/sys/fs/bpf/${basename(directory)}`;
  for (const source of readdirSync(SOURCES).filter((name) => name.endsWith('.c'))) {
    const name = basename(source, '.c');
    run('gcc', '-O2', '-w', '-o', join(directory, name), join(SOURCES, source), ...(LIBRARIES[name] ?? []));
  }
  run('mount', '-t', 'bpf', 'bpf', '/sys/fs/bpf');
  ensureBpffs();
  mkdirSync(pins);
  process.env['BENCH_PINS'] = pins;
  const rt = new RtNetlink();
  rt.links.set('lo', { up: true });
  return {
    rt,
    directory,
    pins,
    run,
    file(name, lines) {
      const path = join(directory, `${name}.batch`);
      writeFileSync(path, `${[...lines].join('\n')}\n`);
      return path;
    },
    [Symbol.dispose]() {
      rt.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
