import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from './report.js';
import { type Result, runWorkload } from './run.js';
import { makeStage } from './stage.js';
import { WORKLOADS } from './workloads/index.js';

const HELP = `npm run bench [-- NAME... [--quick] [--rounds N] [--json FILE]]

Work done by nlbpf, beside the same work in C (the floor) and by libbpf, ip, tc, bpftool.
  --quick      less work and 3 rounds instead of 5: under 2 minutes
  --rounds N   how many times each contestant runs
  --json FILE  the results, as JSON
Needs root, gcc, libbpf-dev, iproute2, bpftool. It works in namespaces of its own.
NAME: ${Object.keys(WORKLOADS).join(' ')}
`;

/** Set for the process that has moved to namespaces of its own. */
const INSIDE = 'NLBPF_BENCH_INSIDE';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !(name in WORKLOADS));
  if (values.help || unknown.length > 0) {
    process.stdout.write(unknown.length > 0 ? `no such work: ${unknown.join(' ')}\n\n${HELP}` : HELP);
    return values.help ? 0 : 2;
  }
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) {
    console.error('the benchmark needs root on Linux: it makes namespaces, links, routes and BPF maps');
    return 1;
  }
  if (process.env[INSIDE] === undefined) return inNamespaces();
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  const results = await runAll(positionals.length > 0 ? positionals : Object.keys(WORKLOADS), values.quick, rounds);
  console.log(`\nLinux ${release()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`);
  console.log(table(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  return 0;
}

/** This program once more, where it disturbs nobody. */
function inNamespaces(): number {
  const command = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const env = { ...process.env, [INSIDE]: '1' };
  const { status, error } = spawnSync('unshare', ['--net', '--mount', ...command], { stdio: 'inherit', env });
  if (error !== undefined) console.error(`unshare: ${error.message}`);
  return status ?? 1;
}

async function runAll(names: readonly string[], quick: boolean, rounds: number): Promise<Result[]> {
  using stage = makeStage();
  const results: Result[] = [];
  for (const name of names) {
    const begun = performance.now();
    const done = await runWorkload(WORKLOADS[name]!(stage, quick), rounds);
    const seconds = ((performance.now() - begun) / 1e3).toFixed(1);
    console.error(`${name}: ${seconds} s, load ${loadavg()[0]!.toFixed(1)}`);
    results.push(...done);
  }
  return results;
}

process.exitCode = await main();
