import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { once } from '../../src/wire/once.js';
import { importUapi } from './uapi.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of TypeScript. */
export interface Block {
  /** `README.md:30` */
  readonly where: string;
  /** What follows the language on the fence: `run`, `recipes`; of a diff the file that it makes. */
  readonly tags: readonly string[];
  readonly code: string;
}

/** A row of docs/recipes.md. */
export interface Recipe {
  readonly command: string;
  readonly code: string;
}

/** Paths of all documents, from {@link ROOT}. */
export const DOCUMENTS = [...readdirSync(ROOT), ...readdirSync(`${ROOT}docs`).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);

const read = (name: string): string => readFileSync(ROOT + name, 'utf8');

/** Every block of TypeScript in the documents. */
export function blocks(): Block[] {
  return DOCUMENTS.flatMap((name) => fenced(name, read(name), 'ts'));
}

/** The files of their own that diffs in the documents make. */
export function newFiles(): Block[] {
  const diffs = DOCUMENTS.flatMap((name) => fenced(name, read(name), 'diff'));
  return diffs
    .filter(({ code }) => /^(\+.*\n)+$/.test(code))
    .map((block) => ({ ...block, code: block.code.replace(/^\+/gm, '') }));
}

/** Names that the examples in comments of the sources share. */
const SHARED = `import type { RtNetlink } from 'nlbpf';
declare const rt: RtNetlink, signal: AbortSignal, prefixes: string[], oif: number;
`;

/** The examples in comments of the sources, which `npm run docs` prints. */
export function sourceExamples(): Block[] {
  const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ts$/.test(name));
  const found = sources.flatMap((name) => fenced(`src/${name}`, read(`src/${name}`).replace(/^ *\* ?/gm, ''), 'ts'));
  return found.map((block) => ({ ...block, code: SHARED + block.code }));
}

function fenced(name: string, text: string, language: string): Block[] {
  const fences = new RegExp(`^\`\`\`${language}\\b(.*)\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(fences)].map(({ 1: tags = '', 2: code = '', index }) => ({
    where: `${name}:${text.slice(0, index).split('\n').length}`,
    tags: tags.split(' ').filter((tag) => tag !== ''),
    code,
  }));
}

/** The rows of docs/recipes.md, in order. */
export function recipes(): Recipe[] {
  return [...read('docs/recipes.md').matchAll(/^\| `(.*?)` +\| `(.*)` +\|$/gm)].map(
    ({ 1: command = '', 2: code = '' }) => ({
      command,
      code,
    }),
  );
}

/** All recipes as one module, which exports them as functions. */
export function recipesModule(): Block {
  const names = blocks().find(({ tags }) => tags.includes('recipes'))!;
  const steps = recipes().map(({ code }) => `  async () => {\n    ${code};\n  },\n`);
  return { ...names, code: `${names.code}\nexport const steps = [\n${steps.join('')}];\n` };
}

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;

/**
 * What can be run, as JavaScript, by where it is. The compiler has a process of its own: each process that this one
 * starts begins as a copy of it, and shall not be a large one.
 */
const compiled = once((): ReadonlyMap<string, string> => {
  const all = [...blocks().filter(({ tags }) => tags.includes('run')), recipesModule()];
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${ROOT}test/support/transpile.mjs`], {
    input: JSON.stringify(all.map(({ code }) => code)),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const outputs: string[] = JSON.parse(stdout);
  return new Map(outputs.map((output, index) => [all[index]!.where, output]));
});

/** Runs a block against the sources, in the namespaces of this process; answers what it exports. */
export async function execute({ code, where }: Block): Promise<Record<string, unknown>> {
  const modules = new Map<string, unknown>([['nlbpf', await import('../../src/index.js')]]);
  for (const [specifier, name = ''] of code.matchAll(/nlbpf\/uapi\/(\w+)/g)) {
    modules.set(specifier, await importUapi(name));
  }
  const native = createRequire(import.meta.url);
  const exports = {};
  const run = new AsyncFunction('require', 'exports', `${compiled().get(where)}\n//# sourceURL=${where}`);
  await run((name: string) => modules.get(name) ?? native(name), exports);
  return exports;
}
