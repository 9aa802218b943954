import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../support/command.js';
import { execute, ROOT, recipes, recipesModule } from '../../support/docs.js';
import { lacking, requireFeature } from '../../support/features.js';
import { snapshot } from './snapshot.js';

/** Carries a shell command out, and answers what it printed. */
type Shell = (command: string) => string;

const here: Shell = (command) => run('bash', '-c', command);
/** Namespaces like this process's own, for the commands. */
let other: ChildProcess;
const there: Shell = (command) =>
  run('nsenter', '-t', String(other.pid), '--net', '--mount', `--wd=${ROOT}`, 'bash', '-c', command);

const MOUNTS = [
  'mount -t tmpfs tmpfs /run',
  'mkdir /run/netns',
  'mount -t sysfs sysfs /sys',
  'mount -t bpf bpf /sys/fs/bpf',
  'mkdir -p /sys/fs/bpf/tc/globals',
  'ip link set lo up',
  'echo ready',
  'exec sleep 600',
];

let steps: readonly (() => Promise<void>)[];

beforeAll(async () => {
  other = spawn('unshare', ['--net', '--mount', 'sh', '-ec', MOUNTS.join('\n')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout!, 'data');
  process.chdir(ROOT);
  here('mkdir -p /sys/fs/bpf/tc/globals');
  steps = (await execute(recipesModule()))['steps'] as typeof steps;
});

afterAll(() => {
  other.kill();
});

const READS = /\b(show|list|lookup|dump|route get|sysctl -n)\b/;

const rows = recipes().map((recipe, index) => ({ ...recipe, index }));

test.for(rows)('$command', async ({ command, index }, context) => {
  const kind = /^ip link add .* type (\w+)/.exec(command)?.[1];
  if (kind !== undefined && lacking(kind) !== undefined) {
    await expect(steps[index]!()).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
    requireFeature(context, kind);
  }
  there(command);
  await steps[index]!();
  if (!READS.test(command)) expect(snapshot(here)).toEqual(snapshot(there));
});
