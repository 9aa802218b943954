import { BpfMap, u32, u64 } from 'nlbpf';
import { byLibbpf, byNlbpf, byTool, inC, type Setup } from '../workload.js';

const single =
  (what: 'update' | 'lookup'): Setup =>
  (stage, quick) => {
    const count = quick ? 100_000 : 400_000;
    const name = `map-${what}`;
    const contestants = [
      inC(stage, '', 'maps', what, count),
      byLibbpf(stage, '', what, count),
      byNlbpf('', name, count),
    ];
    return { name, unit: 'entry', contestants };
  };

export const mapUpdate = single('update');
export const mapLookup = single('lookup');

export const mapWalk: Setup = (stage, quick) => {
  const count = quick ? 100_000 : 400_000;
  const pin = `${stage.pins}/walked`;
  using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: count }, { key: u32, value: u64 });
  for (let key = 0; key < count; key++) map.set(key, 0n);
  map.pin(pin);
  return {
    name: 'map-walk',
    unit: 'entry',
    contestants: [
      inC(stage, ', by batches', 'maps', 'walk-batch', count),
      byLibbpf(stage, ', by batches', 'lookup-batch', count),
      byNlbpf('', 'map-walk', count),
      inC(stage, ', key by key', 'maps', 'walk', count),
      byLibbpf(stage, ', key by key', 'walk', count),
      byTool(stage, 'bpftool map dump', count, 'bpftool', '-j', 'map', 'dump', 'pinned', pin),
    ],
    finish: () => stage.run('rm', pin),
  };
};
