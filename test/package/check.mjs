#!/usr/bin/env node
// Packs the package, installs it into an empty project, and uses it there as others will.
//
//   node test/package/check.mjs [VERSION...]
//
// VERSION are releases of Node.js to use it with, 20 or 22.12; without, the one that runs this. As root on Linux also runs
// consumer.mts and the demo from the packed package, in namespaces of their own. Ends with `N passed, N failed, N skipped`,
// and writes the three numbers to the file that NLBPF_COUNTS names.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkContents, checkManifest, checkMaps, checkSize, entriesOf, SIZE_BUDGET } from './tarball.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));
const versions = process.argv.slice(2);
const root = process.platform === 'linux' && process.getuid() === 0;

const work = mkdtempSync(join(tmpdir(), 'nlbpf-package-'));
const project = join(work, 'project');
const installed = join(project, 'node_modules/nlbpf');
const counts = { passed: 0, failed: 0, skipped: 0 };

process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function check(name, what) {
  try {
    const note = what();
    counts.passed++;
    console.log(`ok      ${name}${note ? `: ${note}` : ''}`);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}

function skip(name, why) {
  counts.skipped++;
  console.log(`skipped ${name}: ${why}`);
}

/** Runs a program; answers what it printed, throws with it when it fails. */
function run(cwd, command, ...args) {
  const env = { ...process.env, NO_COLOR: '1', npm_config_loglevel: 'error' };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? `exit ${status}`}\n${stdout}${stderr}`);
  return stdout.trim();
}

/** Node.js binaries. */
function nodes() {
  if (versions.length === 0) return [process.execPath];
  return run(ROOT, join(ROOT, 'test/node/fetch.sh'), ...versions).split('\n');
}

function pack() {
  run(ROOT, 'npm', 'run', 'build');
  // The script `prepare` would build once more, and print into the JSON.
  return JSON.parse(run(ROOT, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', work))[0];
}

/** Without scripts, not even koffi's: what is installed is ready to run. */
function install(tarball) {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "private": true }\n');
  run(project, 'npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', tarball);
  cpSync(HERE, project, { recursive: true });
}

/** A copy of the project in which a folder of node_modules is missing. */
function without(folder) {
  const copy = mkdtempSync(join(work, 'without-'));
  cpSync(project, copy, { recursive: true });
  rmSync(join(copy, 'node_modules', folder), { recursive: true });
  return copy;
}

/* ---- types ---- */

const OPTIONS =
  '--ignoreConfig --strict --exactOptionalPropertyTypes --skipLibCheck false --target es2023 ' +
  '--lib es2023,esnext.disposable --types node';

function compile(module, moduleResolution, ...files) {
  const modules = ['--module', module, '--moduleResolution', moduleResolution];
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types')];
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  run(project, process.execPath, compiler, ...OPTIONS.split(' '), ...types, ...modules, ...files);
}

/** Programs that import every entry, to be compiled and then run. */
function writeImporters(entries) {
  const lines = (line) => entries.map(line).join('\n');
  const imports = lines((entry, n) => `import * as e${n} from '${entry}';\nvoid e${n};`);
  const requires = lines((entry, n) => `import e${n} = require('${entry}');\nvoid e${n};`);
  writeFileSync(join(project, 'all.mts'), imports);
  writeFileSync(join(project, 'all.cts'), requires);
}

/* ---- running ---- */

const GUARD = 'node_modules/nlbpf/bpf/guard.o';
const OUT = ['--out', 'guard.mts'];
/** Uses what `nlbpf types` wrote. */
const TYPED = `import { BpfObject } from 'nlbpf';
import type { Guard } from './guard.mjs';
export const read = (path: string): bigint | undefined => BpfObject.open<Guard>(path).load().map('verdicts').get(0);
`;

const pretend = (property, value) => [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'${property}',{value:'${value}'})`,
];

// Others on this machine may run the demo, or have namespaces, which are listed under /run.
const OWN_RUN = 'mount -t tmpfs tmpfs /run; exec "$0" "$@"';

function checkNode(node) {
  const version = run(work, node, '-p', 'process.version');
  const elsewhere = (directory, ...options) => run(directory, node, ...options, 'elsewhere.mjs');
  check(`${version}: import of every entry`, () => void run(project, node, 'all.mjs'));
  check(`${version}: require of every entry`, () => void run(project, node, 'all.cjs'));
  check(`${version}: an import loads no other package`, () => void run(project, node, 'alone.mjs'));
  check(`${version}: nlbpf types`, () => void run(project, node, 'node_modules/.bin/nlbpf', 'types', GUARD, ...OUT));
  check(`${version}: on another system`, () => elsewhere(project, ...pretend('platform', 'darwin')));
  check(`${version}: on another architecture`, () => elsewhere(project, ...pretend('arch', 'mips')));
  check(`${version}: without koffi`, () => elsewhere(without('koffi')));
  check(`${version}: without koffi's binary`, () => elsewhere(without('@koromix')));
  if (!root) return skip(`${version}: programs that use the kernel`, 'they need root on Linux');
  const unshared = (...args) => run(project, 'unshare', '--net', '--mount', 'sh', '-ec', OWN_RUN, node, ...args);
  check(`${version}: consumer.mts`, () => void unshared('consumer.mjs'));
  check(`${version}: the demo`, () => void unshared('demo/dist/main.js'));
}

/** The demo is not part of the package; as built here, it runs with the packed library and its objects. */
function copyDemo() {
  cpSync(join(ROOT, 'demo/dist'), join(project, 'demo/dist'), { recursive: true });
  writeFileSync(join(project, 'demo/package.json'), '{ "type": "module" }\n');
}

const { filename, files, size, unpackedSize } = pack();
const tarball = join(work, filename);
const paths = files.map(({ path }) => path);
install(tarball);
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
const entries = entriesOf(manifest, paths);

check('size', () => {
  checkSize(unpackedSize);
  return `${size} bytes packed, ${unpackedSize} unpacked of ${SIZE_BUDGET} allowed, ${files.length} files`;
});
check('contents', () => checkContents(paths));
check('manifest', () => checkManifest(manifest));
check('maps', () => checkMaps(installed, paths));
check('publint', () => void run(ROOT, 'npx', 'publint', tarball, '--strict'));
// node16-cjs cannot be: the package is ESM only, and Node.js requires it as that.
check('are the types wrong', () => void run(ROOT, 'npx', 'attw', '--profile', 'esm-only', tarball));
writeImporters(entries);
check('types with moduleResolution bundler', () => compile('esnext', 'bundler', 'consumer.mts', 'all.mts'));
check('types with moduleResolution node16', () => compile('node16', 'node16', 'consumer.mts', 'all.mts'));
check('types of require, moduleResolution nodenext', () => compile('nodenext', 'nodenext', 'all.cts'));
copyDemo();
for (const node of nodes()) checkNode(node);
writeFileSync(join(project, 'typed.mts'), TYPED);
check('types that nlbpf types wrote', () => compile('nodenext', 'nodenext', 'typed.mts'));
if (process.env.NLBPF_COUNTS !== undefined) {
  writeFileSync(process.env.NLBPF_COUNTS, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
