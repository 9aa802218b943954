import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** The TypeScript files below a folder, as paths from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

interface Source {
  readonly text: string;
  /** What it imports: paths from the root, or package names. */
  readonly imports: readonly string[];
}

/** Type-only imports count as well: what a layer may not call it need not know. */
function read(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { importedFiles } = ts.preProcessFile(text, true, true);
  const imports = importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? join(dirname(path), fileName).replace(/\.js$/, '.ts') : fileName,
  );
  return { text, imports };
}

const sources = new Map(filesIn('src').map((path) => [path, read(path)]));
const layerOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? 'top';

/** design: who may import whom, of the folders and of packages. Node's own modules are free, child_process apart. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  uapi: ['uapi'],
  wire: ['wire', 'ref-struct-di'],
  sys: ['sys', 'wire', 'uapi', 'koffi'],
  netlink: ['netlink', 'wire', 'uapi', 'sys'],
  tc: ['tc', 'netlink', 'wire', 'uapi'],
  bpf: ['bpf', 'wire', 'uapi', 'sys'],
  top: ['top', 'netlink', 'tc', 'bpf', 'sys', 'wire', 'uapi'],
};

describe('imports', () => {
  test.each([...sources.keys()])('of %s stay within the layers', (path) => {
    const layer = layerOf(path);
    const foreign = sources.get(path)!.imports.filter((imported) => {
      if (imported.startsWith('node:')) return layer === 'uapi';
      return !MAY_IMPORT[layer]!.includes(imported.startsWith('src/') ? layerOf(imported) : imported);
    });
    expect(foreign).toEqual([]);
  });

  test('name files that exist, by their emitted name', () => {
    const broken = [...sources].flatMap(([path, { imports }]) =>
      imports
        .filter((imported) => imported.startsWith('src/') && !sources.has(imported))
        .filter((imported) => imported !== 'src/wire/ref-struct-di.d.ts')
        .map((imported) => `${path}: ${imported}`),
    );
    expect(broken).toEqual([]);
  });

  test('of uapi: none, but for numbers that another header of uapi has', () => {
    for (const [path, { imports }] of sources) {
      if (layerOf(path) === 'uapi') expect([path, imports.filter((i) => layerOf(i) !== 'uapi')]).toEqual([path, []]);
    }
  });
});

/** Everything that a file reaches by imports, itself included. Types cost nothing at run time and do not count. */
function reachable(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const imported of runtimeImports(path)) if (sources.has(imported)) reachable(imported, seen);
  return seen;
}

function runtimeImports(path: string): string[] {
  const { statements } = ts.createSourceFile(path, sources.get(path)!.text, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) return [];
    const specifier = statement.moduleSpecifier;
    const typeOnly = isImport
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly;
    if (typeOnly || specifier === undefined || !ts.isStringLiteral(specifier)) return [];
    return [join(dirname(path), specifier.text).replace(/\.js$/, '.ts')];
  });
}

/** Parsing is pure: it runs, and can be imported, anywhere. */
const PURE = [
  /^src\/(wire|uapi)\//,
  /^src\/netlink\/.*\/schema\.ts$/,
  /^src\/netlink\/link\/kinds\//,
  /^src\/tc\/.*schema\.ts$/,
  /^src\/tc\/filter\/bpf\.ts$/,
  /^src\/netlink\/(attributes|combinators|message|framing|ext-ack|explain)\.ts$/,
  /^src\/bpf\/(elf|instruction|string-table)\.ts$/,
  /^src\/bpf\/btf\//,
  /^src\/bpf\/core\//,
  /^src\/bpf\/object\//,
];
const pure = [...sources.keys()].filter((path) => PURE.some((pattern) => pattern.test(path)));

describe('parsing never reaches sys', () => {
  test('all that is pure is found', () => {
    expect(pure).toEqual(
      expect.arrayContaining(['src/netlink/link/schema.ts', 'src/bpf/elf.ts', 'src/tc/filter/bpf.ts']),
    );
  });

  test.each(pure)('%s', (path) => {
    expect([...reachable(path)].filter((reached) => layerOf(reached) === 'sys')).toEqual([]);
  });
});

describe('the library', () => {
  const all = new Map([...sources, ...filesIn('demo').map((path) => [path, read(path)] as const)]);

  test('starts no other program', () => {
    for (const [path, { text }] of all)
      expect([path, /child_process|process\.binding|\bfork\(/.test(text)]).toEqual([path, false]);
  });

  test('names no path of the machine that it was written on', () => {
    for (const [path, { text }] of all) {
      expect([path, text.match(/['"`\s(](\/(home|root|Users|tmp|work|build)\/[^\s'"`]*)/)?.[1]]).toEqual([
        path,
        undefined,
      ]);
    }
  });

  test('makes functions from text in one place', { timeout: 60_000 }, () => {
    const places = [...sources].flatMap(([path, { text }]) => {
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        const isFunction = (ts.isNewExpression(node) || ts.isCallExpression(node)) && ts.isIdentifier(node.expression);
        if (isFunction && /^(Function|eval)$/.test((node.expression as ts.Identifier).text)) found.push(path);
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
      return found;
    });
    expect(places).toEqual(['src/wire/compile.ts']);
  });

  test('knows koffi in one folder, and loads it at the first call', () => {
    const users = [...sources].filter(([, { text }]) => /['"]koffi['"]/.test(text)).map(([path]) => path);
    expect(users).toEqual(['src/sys/libc.ts']);
    expect(sources.get('src/sys/libc.ts')!.text).not.toMatch(/^import (?!type).*['"]koffi['"]/m);
  });
});
