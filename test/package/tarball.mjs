// What may be in the package, and what must not.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of the unpacked package, in bytes. Raise it on purpose only. */
export const SIZE_BUDGET = 2_800_000;

const WANTED = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^src\/.+\.ts$/,
  /^dist\/.+\.(js|d\.ts)(\.map)?$/,
  /^bpf\/\w+\.[cho]$/,
];
const TESTS = /(^|\/)(test|bench|fuzz|node_modules)\/|\.(test|bench)\./;

export function checkContents(paths) {
  const unwanted = paths.filter((path) => TESTS.test(path) || !WANTED.some((wanted) => wanted.test(path)));
  assert.equal(unwanted.join(), '', 'unwanted files are packed; see "files" of package.json');
}

export function checkSize(bytes) {
  assert.ok(bytes <= SIZE_BUDGET, `unpacked it has ${bytes} bytes, more than the budget of ${SIZE_BUDGET}`);
}

/** What npm would run, or build, at the user's. */
export function checkManifest({ scripts = {}, dependencies, bundleDependencies, gypfile, type }) {
  for (const name of ['preinstall', 'install', 'postinstall'])
    assert.equal(scripts[name], undefined, `a script ${name} runs at the user's`);
  assert.deepEqual(Object.keys(dependencies).sort(), ['koffi', 'ref-struct-di']);
  assert.deepEqual({ bundleDependencies, gypfile }, { bundleDependencies: undefined, gypfile: undefined });
  assert.equal(type, 'module');
}

/** A file that has no code, only names from other files. */
const PASSES_ON = /^((import|export) \{[^}]*\}( from "[^"]+")?;\s*)+$/;

/** What can be imported has declarations; every map leads to a source that is packed. */
export function checkMaps(root, paths) {
  for (const path of paths.filter((name) => /^dist\/.+(\.js|\.d\.ts)$/.test(name))) {
    const text = readFileSync(join(root, path), 'utf8');
    if (path.endsWith('.js') && !path.startsWith('dist/chunks/')) {
      assert.ok(paths.includes(path.replace(/\.js$/, '.d.ts')), `${path} has no declarations`);
    }
    if (PASSES_ON.test(text)) continue;
    const url = /^\/\/# sourceMappingURL=(\S+)$/m.exec(text)?.[1];
    assert.ok(url, `${path} names no map`);
    const map = join(dirname(path), url);
    const { sources, sourceRoot = '' } = JSON.parse(readFileSync(join(root, map), 'utf8'));
    assert.ok(sources.length > 0, `${map} has no source`);
    for (const source of sources) {
      const target = join(root, dirname(map), sourceRoot, source);
      assert.ok(target.startsWith(join(root, 'src/')), `${map} leads out of src: ${source}`);
      assert.ok(existsSync(target), `${map} leads to ${source}, which is not there; is dist older than src?`);
    }
  }
}

/** What a user can import, with the wildcards filled in: ['nlbpf', 'nlbpf/netlink', 'nlbpf/uapi/bpf', ...]. */
export function entriesOf({ name, exports }, paths) {
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const [before, after] = target.default.replace('./', '').split('*');
    if (after === undefined) return [subpath.replace('.', name)];
    const found = paths.filter((path) => path.startsWith(before) && path.endsWith(after));
    assert.ok(found.length > 0, `${subpath} leads nowhere`);
    const stems = found.map((path) => path.slice(before.length, -after.length));
    return stems.map((stem) => subpath.replace('.', name).replace('*', stem));
  });
}
