// Runs the kernel tests and the demo on other kernels, and tells what each test came to on each of them.
//
//   npm run test:vm -- [--host REPORT] [--without NAME,NAME] [--jobs N] [--timeout SECONDS] [KERNEL...] [FILTER...]
//
// NAME: a test file that is left out, as in `demo/cleanup`; that it ran on the host has to do.
// FILTER: only the test files whose paths contain it, and no demo, as in `test/kernel/tc`.
// REPORT is what test/support/reporter.mjs wrote on this machine's own kernel, of unit tests as well; it becomes one
// more column. Fails when a test failed anywhere, ran nowhere, or was skipped for another reason than a feature that the
// kernel was found to lack.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { skips, verdict } from './verdict.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
const ALL = ['5.10', '6.1', '6.12', '7.3'];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string' },
    without: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '1500' },
  },
});
const filters = positionals.filter((word) => word.includes('/'));
const chosen = positionals.filter((word) => !word.includes('/'));
if (values.host !== undefined && !existsSync(values.host)) {
  console.error(`--host: there is no ${values.host}`);
  process.exit(2);
}
const kernels = chosen.length > 0 ? chosen : ALL;

/** What runs in a guest, one after another. */
const DEMOS = filters.length > 0 ? [] : ['driver', 'bpf'];
const GUEST = `
export NLBPF_CYCLES=20 NLBPF_WITHOUT='${values.without}'
NLBPF_REPORT=$NLBPF_VM_OUT/tests.json node node_modules/vitest/vitest.mjs run --config test/vm/vitest.config.mjs \\
  --reporter=default --reporter=./test/support/reporter.mjs ${filters.join(' ')}
for datapath in ${DEMOS.join(' ')}; do
  echo "demo --datapath $datapath"
  node build/demo/dist/main.js --case all --datapath $datapath > demo.log 2>&1 || { cat demo.log; false; }
  echo $? > $NLBPF_VM_OUT/$datapath.status
done
`;

/** What ends with this process, however it ends. */
const children = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGTERM'); // run.sh ends its guest
    process.exit(128 + number);
  });
}

/** Compiles the tests to build/, with what they read beside them. */
function compile() {
  const build = join(ROOT, 'build');
  rmSync(build, { recursive: true, force: true });
  const bundle = ['rolldown', '-c', 'test/vm/rolldown.config.mjs', '--logLevel', 'warn'];
  const { status } = spawnSync('npx', bundle, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
  for (const name of ['bpf', 'docs', 'package.json', 'README.md']) symlinkSync(`../${name}`, join(build, name));
  // Copies: what is built may be built again before the guests are through.
  for (const folder of ['dist', 'demo/dist', 'test/bpf', 'test/support']) {
    const plain = (path) => folder.endsWith('dist') || !path.endsWith('.ts');
    cpSync(join(ROOT, folder), join(build, folder), { recursive: true, filter: plain });
  }
}

/** Runs one guest; its output goes to a file, its results come back. */
function run(kernel) {
  const out = mkdtempSync(join(tmpdir(), `nlbpf-${kernel}-`));
  folders.add(out);
  const begun = Date.now();
  const child = spawn(
    join(ROOT, 'test/vm/run.sh'),
    ['--timeout', values.timeout, '--out', out, '--env', 'NO_COLOR', kernel, 'sh', '-c', GUEST],
    { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  children.add(child);
  // Told of at the end; to be followed meanwhile in a file.
  const log = createWriteStream(join(ROOT, 'build', `${kernel}.log`));
  let output = '';
  const take = (chunk) => {
    output += chunk;
    log.write(chunk);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return new Promise((resolve) => {
    child.on('close', (status) => {
      log.end();
      children.delete(child);
      const read = (name) => (existsSync(join(out, name)) ? readFileSync(join(out, name), 'utf8').trim() : undefined);
      const report = read('tests.json');
      const result = {
        kernel,
        seconds: Math.round((Date.now() - begun) / 1000),
        status,
        output,
        tests: report === undefined ? undefined : JSON.parse(report),
        demos: DEMOS.map((datapath) => ({ datapath, ok: read(`${datapath}.status`) === '0' })),
      };
      rmSync(out, { recursive: true, force: true });
      resolve(result);
    });
  });
}

/** As many guests at a time as there are jobs. */
async function runAll() {
  const waiting = [...kernels];
  const results = new Map();
  const worker = async () => {
    for (let kernel = waiting.shift(); kernel !== undefined; kernel = waiting.shift()) {
      const result = await run(kernel);
      results.set(kernel, result);
      const { passed, failed, skipped } = countOf(result.tests ?? []);
      const demos = result.demos.map(({ datapath, ok }) => `demo ${datapath} ${ok ? 'ok' : 'FAILED'}`).join(', ');
      console.log(`${kernel}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${demos}, ${result.seconds} s`);
      console.log(`  longest: ${slowest(result.tests ?? [])}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  return kernels.map((kernel) => results.get(kernel));
}

/** The files that took longest, with their seconds. */
function slowest(tests) {
  const seconds = new Map();
  for (const test of tests) seconds.set(test.file, (seconds.get(test.file) ?? 0) + (test.seconds ?? 0));
  const longest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, 8);
  return longest.map(([file, time]) => `${file.replace(/^test\/kernel\//, '')} ${Math.round(time)} s`).join(', ');
}

function countOf(tests) {
  const count = (state) => tests.filter((test) => test.state === state).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

compile();
const results = await runAll();
for (const { kernel, tests, demos, status, output } of results) {
  const failed = (tests ?? []).filter(({ state }) => state === 'failed');
  for (const { file, name, errors = [] } of failed)
    console.log(`\n== ${kernel}: ${file} > ${name}\n${errors.join('\n')}`);
  if (tests !== undefined && status === 0 && demos.every(({ ok }) => ok)) continue;
  console.log(`\n== ${kernel}: exit status ${status}; reproduce: npm run test:vm -- ${kernel}`);
  console.log(output.split('\n').slice(-150).join('\n'));
}
const columns = results.map(({ kernel, tests = [] }) => ({ kernel, tests }));
if (values.host !== undefined) {
  columns.unshift({ kernel: 'host', tests: JSON.parse(readFileSync(values.host, 'utf8')) });
}
const { PROBES } = await import('../../build/test/support/features.js');
for (const line of skips(columns)) console.log(line);
const problems = [
  ...results.filter(({ tests }) => tests === undefined).map(({ kernel }) => `${kernel}: the tests did not end`),
  ...results.flatMap(({ kernel, demos }) =>
    demos.filter(({ ok }) => !ok).map(({ datapath }) => `${kernel}: the demo failed with --datapath ${datapath}`),
  ),
  ...verdict(columns, Object.keys(PROBES)),
];
for (const problem of problems) console.log(`FAILED ${problem}`);
if (process.env.NLBPF_COUNTS !== undefined) {
  const all = countOf(results.flatMap(({ tests = [] }) => tests));
  writeFileSync(process.env.NLBPF_COUNTS, `${all.passed} ${all.failed} ${all.skipped}\n`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
