import { readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { defineConfig } from 'rolldown';

/**
 * The kernel tests as plain JavaScript in few files: an emulated processor shall neither translate TypeScript nor find
 * hundreds of modules. Each file lies where its source does, and so finds what it reads.
 */
const beside = (id) => relative('.', id).replace(/\.ts$/, '');
const tests = readdirSync('test/kernel', { recursive: true }).filter((name) => name.endsWith('.test.ts'));

const common = {
  platform: 'node',
  external: /^(koffi|ref-struct-di|vitest)$/,
  transform: { target: 'node20.19' },
};

export default defineConfig([
  {
    ...common,
    input: {
      'test/support/namespaces': 'test/support/namespaces.ts',
      'test/support/features': 'test/support/features.ts',
      ...Object.fromEntries(tests.map((name) => [`test/kernel/${name.slice(0, -3)}`, `test/kernel/${name}`])),
    },
    output: {
      dir: 'build',
      sourcemap: true,
      comments: false,
      chunkFileNames: '[name].js',
      codeSplitting: {
        groups: [
          { name: 'src/all', test: /\/src\/(?!uapi)/ },
          // What sets a file up is loaded anew for each.
          { name: 'test/support/all', test: /\/test\/support\/(?!namespaces)/ },
          { name: beside, debugName: 'beside', test: /\/(test\/kernel|demo\/src)\/(?!.*\.test\.)/ },
        ],
      },
    },
  },
  {
    ...common,
    input: readdirSync('src/uapi').map((file) => `src/uapi/${file}`),
    output: { dir: 'build', comments: false, preserveModules: true, preserveModulesRoot: '.' },
  },
]);
