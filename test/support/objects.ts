import { readFileSync } from 'node:fs';

const path = (name: string): URL => new URL(`../bpf/${name}.o`, import.meta.url);

/** The file name of an object built from test/bpf/NAME.c, for tools that are asked about it. */
export const objectPath = (name: string): string => path(name).pathname;

/** The file name of an object of this package, bpf/NAME.o. */
export const shippedPath = (name: string): string => new URL(`../../bpf/${name}.o`, import.meta.url).pathname;

/** A copy of the object built from test/bpf/NAME.c. */
export const objectBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)));

/** The objects of test/bpf, one without BTF and some by GCC among them. */
export const OBJECTS = [
  ...['functions', 'callback', 'maps', 'newer_maps', 'slots', 'globals', 'sections', 'core'],
  ...[
    'kconfig',
    'ksyms',
    'percpu_ksym',
    'kfuncs',
    'targets',
    'traced',
    'modified',
    'lsm',
    'struct_ops',
    'struct_ops_optional',
    'unresolved',
  ],
  ...[
    'legacy_maps',
    'legacy_maps.nobtf',
    'legacy_forms',
    'legacy_links',
    'legacy_pins',
    'arena',
    'jump_tables',
    'optional',
    'context',
    'probes',
    'probes_newer',
    'callback.gcc',
    'globals.gcc',
    'sections.gcc',
    'slots.gcc',
  ],
];
