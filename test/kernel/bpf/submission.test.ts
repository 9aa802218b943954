import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../support/docs.js';
import { objectPath, shippedPath } from '../../support/objects.js';

// What the kernel is asked for, by us and by libbpf: each map and program with its attributes and instructions, as
// strace sees them, and when a map is frozen. Of what Debian's libbpf of 2022 knows: it attaches USDT one by one, and has
// neither jump tables nor contexts that a tag marks.

const NAMES = [
  ...['functions', 'callback', 'maps', 'globals', 'slots', 'kconfig', 'optional', 'corners', 'sections'],
  ...[
    'core',
    'core_fields',
    'core_types',
    'core_missing',
    'core_module',
    'core_many',
    'ksyms',
    'percpu_ksym',
    'kfuncs',
  ],
  ...['targets', 'traced', 'modified', 'lsm', 'struct_ops', 'callback.gcc', 'globals.gcc', 'sections.gcc'],
];
const SHIPPED = ['forward', 'guard', 'redirect_ipip', 'redirect_ip6tnl', 'tunnel'];
const paths = [...NAMES.map(objectPath), ...SHIPPED.map(shippedPath)];

const LOG = '/run/strace';
const PINS = '/sys/fs/bpf/submission';
const LEFT = [PINS, '/sys/fs/bpf/tun_iface', '/sys/fs/bpf/sizes_only'];

/** How a loader ended, and those of its calls that made something, by the object that it had opened last. */
interface Loaded {
  readonly status: number | null;
  readonly output: string;
  readonly made: ReadonlyMap<string, readonly string[]>;
}

function watch(...loader: string[]): Loaded {
  mkdirSync(PINS);
  const strace = ['-f', '-v', '-s', '1024', '-e', 'trace=bpf,openat', '-e', 'signal=none', '-o', LOG];
  const { status, stdout, stderr } = spawnSync('strace', [...strace, ...loader], { encoding: 'utf8' });
  // A map whose pin is there already is not made again.
  for (const pin of LEFT) rmSync(pin, { recursive: true, force: true });
  const made = new Map<string, string[]>();
  let object = '';
  for (const line of readFileSync(LOG, 'utf8').split('\n')) {
    object = / openat\(AT_FDCWD, "(\/.*\.o)"/.exec(line)?.[1] ?? object;
    const attributes = / bpf\(BPF_(?:MAP_CREATE|MAP_FREEZE|PROG_LOAD), (\{.*\}), \d+\) = \d+$/.exec(line)?.[1];
    if (attributes !== undefined && !PROBE.test(attributes)) {
      made.set(object, [...(made.get(object) ?? []), settled(attributes)]);
    }
  }
  return { status, output: stdout + stderr, made };
}

/** What a loader only tries out; names are newer than some of it. */
const PROBE = /^(?!.*_name=|\{map_fd=)|_name="(libbpf_\w+|test)?"/;

/**
 * Without what differs between any two processes, and between one that keeps a log at once and one that asks later. Of
 * Debian's kernels that libbpf does not find out the last part of the version.
 */
const settled = (attributes: string): string =>
  attributes
    .replace(/(code=BPF_LD\|BPF_DW\|BPF_IMM, dst_reg=\w+, src_reg=BPF_REG_[12], off=0, imm=)0x[0-9a-f]+/g, '$1MAP')
    .replace(/\b(\w+_fd=)[1-9]\d*/g, '$1FD')
    .replace(/\b(func_info|line_info|fd_array)=0x[0-9a-f]+/g, '$1=ADDRESS')
    .replace(/(KERNEL_VERSION\(\d+, \d+), \d+/g, '$1')
    .replace(/, log_level=.*?, kern_version=/, ', kern_version=');

let ours: Loaded;
/** Why not, by object. */
let refused: Readonly<Record<string, string>>;

beforeAll(() => {
  ours = watch(process.execPath, `${ROOT}test/support/load-objects.mjs`, PINS, ...paths);
  expect(ours.status, ours.output).toBe(0);
  refused = JSON.parse(ours.output);
});

test.each(paths.map((path) => [basename(path), path]))('%s', (_, path) => {
  const theirs = watch('bpftool', 'prog', 'loadall', path, PINS);
  if (theirs.status !== 0) {
    // This kernel has not what the object wants.
    expect(refused[path], theirs.output).toBeDefined();
    return;
  }
  expect(refused[path]).toBeUndefined();
  expect(ours.made.get(path)).toEqual(theirs.made.get(path) ?? 'something made');
});
