// One contestant's work by nlbpf, in a process of its own: node worker.js NAME ARGUMENTS...
import { readFileSync } from 'node:fs';
import { BpfMap, BpfObject, BpfProgram, RtNetlink, TrafficControl, u32, u64 } from 'nlbpf';
import { RT_TABLE_MAIN } from 'nlbpf/uapi/rtnetlink';
import { measure } from './measurement.js';

type Work = () => number | Promise<number>;

/** Closed at the end, outside of what is measured. */
const owned: Disposable[] = [];

function own<T extends Disposable>(resource: T): T {
  owned.push(resource);
  return resource;
}

const openRtNetlink = (): RtNetlink => own(new RtNetlink());

function makeMap(maxEntries: number): BpfMap<number, bigint> {
  return own(BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries }, { key: u32, value: u64 }));
}

/** 10.0.0.0/32 and on, as the C program and the batch files have them; text that is there before the work begins. */
function destinations(count: number): readonly string[] {
  const text = (i: number) => `${10 + (i >>> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32`;
  return Array.from({ length: count }, (_, i) => text(i));
}

function addRoutes(rt: RtNetlink, all: readonly string[], oif: number): void {
  for (const dst of all) rt.routes.add({ dst, oif });
}

function addPairs(rt: RtNetlink, count: number): void {
  for (let i = 0; i < count; i++) rt.links.add({ ifname: `bva${i}`, kind: 'veth', peer: { ifname: `bvb${i}` } });
}

function addFilters(tc: TrafficControl, fd: number, count: number, dev: number): void {
  for (let priority = count; priority > 0; priority--) {
    tc.filters.add({
      dev,
      parent: 'ingress',
      kind: 'bpf',
      priority,
      program: { fd, name: 'bench' },
      directAction: true,
    });
  }
}

function filled(count: number): BpfMap<number, bigint> {
  const map = makeMap(count);
  for (let key = 0; key < count; key++) map.set(key, BigInt(key));
  return map;
}

/** Prepares, and answers what is to be measured. */
const WORKS: Readonly<Record<string, (...args: string[]) => Work>> = {
  'route-batch': (count, oif) => {
    const rt = openRtNetlink();
    const all = destinations(Number(count));
    return () => {
      rt.batch(() => addRoutes(rt, all, Number(oif)));
      return all.length;
    };
  },
  'route-single': (count, oif) => {
    const rt = openRtNetlink();
    const all = destinations(Number(count));
    return () => {
      addRoutes(rt, all, Number(oif));
      return all.length;
    };
  },
  'route-dump': () => {
    const rt = openRtNetlink();
    return () => {
      let count = 0;
      for (const route of rt.routes.dump({ table: RT_TABLE_MAIN, family: 2 })) if (route.dst !== undefined) count++;
      return count;
    };
  },
  'link-dump': (times, extMask) => {
    const rt = openRtNetlink();
    return () => {
      let count = 0;
      for (let i = 0; i < Number(times); i++) count += rt.links.list({ extMask: Number(extMask) }).length;
      return count;
    };
  },
  'veth-add': (count) => {
    const rt = openRtNetlink();
    return () => {
      addPairs(rt, Number(count));
      return Number(count);
    };
  },
  'veth-delete': (count) => {
    const rt = openRtNetlink();
    return async () => {
      const names = Array.from({ length: Number(count) }, (_, i) => `bva${i}`);
      await Promise.all(names.map((name) => rt.async.links.delete(name)));
      return names.length;
    };
  },
  'veth-delete-group': (count, group) => {
    const rt = openRtNetlink();
    return async () => {
      rt.batch(() => {
        for (let i = 0; i < Number(count); i++) rt.links.set(`bva${i}`, { group: Number(group) });
      });
      await rt.async.links.deleteGroup(Number(group));
      return Number(count);
    };
  },
  'filter-batch': (count, ifindex) => {
    const rt = openRtNetlink();
    const tc = new TrafficControl(rt);
    const program = own(BpfProgram.open(`${process.env['BENCH_PINS']}/program`));
    return () => {
      rt.batch(() => addFilters(tc, program.fd, Number(count), Number(ifindex)));
      return Number(count);
    };
  },
  'filter-dump': (times, ifindex) => {
    const tc = new TrafficControl(openRtNetlink());
    return () => {
      let count = 0;
      for (let i = 0; i < Number(times); i++) {
        for (const filter of tc.filters.dump({ dev: Number(ifindex), parent: 'ingress' })) if (filter.kind) count++;
      }
      return count;
    };
  },
  'map-update': (count) => {
    const map = makeMap(Number(count));
    return () => {
      for (let key = 0; key < Number(count); key++) map.set(key, 1n);
      return Number(count);
    };
  },
  'map-lookup': (count) => {
    const map = filled(Number(count));
    return () => {
      let found = 0;
      for (let key = 0; key < Number(count); key++) if (map.get(key) !== undefined) found++;
      return found;
    };
  },
  'map-walk': (count) => {
    const map = filled(Number(count));
    return () => {
      let sum = 0n;
      let entries = 0;
      for (const [, value] of map) {
        sum += value;
        entries++;
      }
      return sum > 0n ? entries : 0;
    };
  },
  'object-load': (file, again) => {
    const bytes = readFileSync(file!);
    const load = () => BpfObject.open(bytes).load().close();
    if (again) load();
    return () => {
      load();
      return 1;
    };
  },
  'start-up': () => () => openRtNetlink().links.get('lo').index,
};

const [name = '', ...args] = process.argv.slice(2);
const prepare = WORKS[name];
if (prepare === undefined) throw new Error(`no such work: ${name}`);
const work = prepare(...args);
try {
  await measure(work);
} finally {
  for (const resource of owned) resource[Symbol.dispose]();
}
