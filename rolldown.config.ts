import { readdirSync } from 'node:fs';
import { defineConfig, type RolldownOptions } from 'rolldown';

/**
 * src as few files: Node takes as long to load 200 modules as to start twice. A layer is a chunk, so that
 * `nlbpf/netlink` loads no BPF; what a chunk needs of the layers below it imports, as the sources do.
 */
const LAYERS = ['bpf', 'tc', 'netlink', 'sys', 'wire'];

const common = {
  platform: 'node',
  external: ['koffi', 'ref-struct-di'],
  transform: { target: 'node20.19' },
} satisfies RolldownOptions;
const output = { dir: 'dist', sourcemap: true, sourcemapExcludeSources: true, comments: false } as const;

export default defineConfig([
  {
    ...common,
    input: {
      index: 'src/index.ts',
      cli: 'src/cli.ts',
      ...Object.fromEntries(LAYERS.map((layer) => [`${layer}/index`, `src/${layer}/index.ts`])),
    },
    // The kernel's numbers become literals.
    optimization: { inlineConst: { mode: 'all', pass: 2 } },
    output: {
      ...output,
      chunkFileNames: 'chunks/[name].js',
      codeSplitting: {
        groups: LAYERS.map((layer, priority) => ({ name: layer, priority, test: new RegExp(`/src/${layer}/`) })),
      },
    },
  },
  {
    ...common,
    input: readdirSync('src/uapi').map((file) => `src/uapi/${file}`),
    output: { ...output, preserveModules: true, preserveModulesRoot: 'src' },
  },
]);
