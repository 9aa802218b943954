import { byNlbpf, byTool, inC, type Setup, type Stage } from '../workload.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const addLines = (count: number) => numbers(count).map((i) => `link add bva${i} type veth peer name bvb${i}`);
const deleteLines = (count: number) => numbers(count).map((i) => `link delete bva${i}`);

function create({ run, directory }: Stage, pairs: number): void {
  run(`${directory}/links`, 'add', String(pairs), '1');
}

/** Many at once: each waits in the kernel until nobody can still see the link. */
async function remove({ rt }: Stage): Promise<void> {
  const pairs = rt.links.list({ kind: 'veth' }).filter(({ ifname }) => ifname?.startsWith('bva'));
  await Promise.all(pairs.map(({ index }) => rt.async.links.delete(index)));
}

export const vethAdd: Setup = (stage, quick) => {
  const count = quick ? 40 : 200;
  return {
    name: 'veth-add',
    unit: 'pair',
    contestants: [
      inC(stage, '', 'links', 'add', count, 1),
      byNlbpf('', 'veth-add', count),
      byTool(stage, 'ip -batch', count, 'ip', '-batch', stage.file('veth-add', addLines(count))),
    ],
    after: () => remove(stage),
  };
};

export const vethDelete: Setup = (stage, quick) => {
  const count = quick ? 20 : 60;
  return {
    name: 'veth-delete',
    unit: 'pair',
    contestants: [
      inC(stage, ', one by one', 'links', 'delete', count),
      byNlbpf(', async, all at once', 'veth-delete', count),
      byTool(stage, 'ip -batch', count, 'ip', '-batch', stage.file('veth-delete', deleteLines(count))),
    ],
    before: () => create(stage, count),
    finish: () => remove(stage),
  };
};

export const linkDump: Setup = (stage, quick) => {
  const [pairs, times] = quick ? [50, 20] : [100, 50];
  const show = Array.from({ length: times }, () => 'link show');
  create(stage, pairs);
  return {
    name: 'link-dump',
    unit: 'link',
    contestants: [
      inC(stage, '', 'links', 'dump', times),
      byNlbpf('', 'link-dump', times),
      byTool(stage, 'ip link show', times * (2 * pairs + 1), 'ip', '-batch', stage.file('link-dump', show)),
    ],
    finish: () => remove(stage),
  };
};
