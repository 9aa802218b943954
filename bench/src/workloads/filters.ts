import { BpfProgram, TrafficControl } from 'nlbpf';
import { byNlbpf, byTool, inC, type Setup, type Stage } from '../workload.js';

const DEVICE = 'bfilter0';

/** mov r0, 0; exit */
const CODE = Uint8Array.from([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);

/** A device to hang filters on, and a pinned program for those who take no descriptor. */
function prepare({ rt, pins }: Stage): number {
  rt.links.add({ ifname: DEVICE, kind: 'veth', peer: { ifname: 'bfilter1' } });
  using program = BpfProgram.load({ type: 'sched_cls', name: 'bench', instructions: CODE, license: 'GPL' });
  program.pin(`${pins}/program`);
  return rt.links.get(DEVICE).index;
}

function finish({ rt, run, pins }: Stage): void {
  rt.links.delete(DEVICE);
  run('rm', `${pins}/program`);
}

export const filterBatch: Setup = (stage, quick) => {
  const count = quick ? 2000 : 10_000;
  const ifindex = prepare(stage);
  const tc = new TrafficControl(stage.rt);
  const lines = Array.from(
    { length: count },
    (_, i) =>
      `filter add dev ${DEVICE} ingress protocol all pref ${count - i} bpf da object-pinned ${stage.pins}/program`,
  );
  return {
    name: 'filter-batch',
    unit: 'filter',
    contestants: [
      inC(stage, '', 'filters', 'add', count, 128, ifindex),
      byNlbpf('', 'filter-batch', count, ifindex),
      byTool(stage, 'tc -batch', count, 'tc', '-batch', stage.file('filters', lines)),
    ],
    before: () => tc.qdiscs.add({ dev: ifindex, kind: 'clsact' }),
    after: () => tc.qdiscs.delete({ dev: ifindex, parent: 'clsact' }),
    finish: () => finish(stage),
  };
};

export const filterDump: Setup = (stage, quick) => {
  const [count, times] = quick ? [2000, 10] : [10_000, 10];
  const ifindex = prepare(stage);
  new TrafficControl(stage.rt).qdiscs.add({ dev: ifindex, kind: 'clsact' });
  stage.run(`${stage.directory}/filters`, 'add', String(count), '128', String(ifindex));
  const show = Array.from({ length: times }, () => `filter show dev ${DEVICE} ingress`);
  return {
    name: 'filter-dump',
    unit: 'message',
    contestants: [
      inC(stage, '', 'filters', 'dump', times, ifindex),
      byNlbpf('', 'filter-dump', times, ifindex),
      // The kernel tells of each filter twice: with its priority alone, and whole.
      byTool(stage, 'tc filter show', 2 * count * times, 'tc', '-batch', stage.file('filter-show', show)),
    ],
    finish: () => finish(stage),
  };
};
