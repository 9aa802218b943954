import { RTEXT_FILTER_SKIP_STATS } from 'nlbpf/uapi/rtnetlink';
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
  const count = quick ? 100 : 500;
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
  const count = quick ? 30 : 100;
  return {
    name: 'veth-delete',
    unit: 'pair',
    contestants: [
      inC(stage, ', one by one', 'links', 'delete', count),
      byNlbpf(', async, all at once', 'veth-delete', count),
      byNlbpf(', async, by group', 'veth-delete-group', count, 1),
      byTool(stage, 'ip -batch', count, 'ip', '-batch', stage.file('veth-delete', deleteLines(count))),
    ],
    before: () => create(stage, count),
    finish: () => remove(stage),
  };
};

const dump =
  (name: string, extMask: number, ...ip: string[]): Setup =>
  (stage, quick) => {
    const [pairs, times] = quick ? [50, 100] : [100, 500];
    const show = Array.from({ length: times }, () => 'link show');
    create(stage, pairs);
    return {
      name,
      unit: 'link',
      contestants: [
        inC(stage, '', 'links', 'dump', times, extMask),
        byNlbpf('', 'link-dump', times, extMask),
        byTool(stage, [...ip, 'link show'].join(' '), times * (2 * pairs + 1), ...ip, '-batch', stage.file(name, show)),
      ],
      finish: () => remove(stage),
    };
  };

/** Without and with the counters of IPv6; the kernel always tells the link's own. */
export const linkDump = dump('link-dump', RTEXT_FILTER_SKIP_STATS, 'ip');
export const linkDumpStats = dump('link-dump-stats', 0, 'ip', '-s');
