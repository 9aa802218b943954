import { byNlbpf, byTool, inC, type Setup, type Stage } from '../workload.js';

const LOOPBACK = 1;
/** As nlbpf's own batches. */
const PER_DATAGRAM = 128;

function* lines(count: number): Generator<string> {
  for (let i = 0; i < count; i++) {
    yield `route add ${10 + (i >>> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32 dev lo`;
  }
}

/** Routes end with the device that they go by. */
function clear({ rt }: Stage): void {
  rt.links.set('lo', { up: false });
  rt.links.set('lo', { up: true });
}

const adding =
  (name: string, perDatagram: number, full: number): Setup =>
  (stage, quick) => {
    const count = quick ? full / 5 : full;
    clear(stage);
    return {
      name,
      unit: 'route',
      contestants: [
        inC(stage, '', 'routes', 'add', count, perDatagram, LOOPBACK),
        byNlbpf('', name, count, LOOPBACK),
        byTool(stage, 'ip -batch', count, 'ip', '-batch', stage.file('routes', lines(count))),
      ],
      after: () => clear(stage),
    };
  };

export const routeBatch = adding('route-batch', PER_DATAGRAM, 100_000);
export const routeSingle = adding('route-single', 1, 100_000);

export const routeDump: Setup = (stage, quick) => {
  const count = quick ? 100_000 : 1_000_000;
  clear(stage);
  stage.run(`${stage.directory}/routes`, 'add', String(count), String(PER_DATAGRAM), String(LOOPBACK));
  return {
    name: 'route-dump',
    unit: 'route',
    contestants: [
      inC(stage, '', 'routes', 'dump'),
      byNlbpf('', 'route-dump'),
      byTool(stage, 'ip route show', count, 'ip', 'route', 'show', 'table', 'main'),
    ],
    finish: () => clear(stage),
  };
};
