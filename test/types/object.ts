/** Compiled, never run: what an editor knows of an object with types, and of one without. */
import { type BpfMap, BpfObject, type LoadedObject } from 'nlbpf';
import type { ObjectTypes } from '../../src/bpf/typed.js';
import type { Globals } from './globals.js';
import { Color, type Everything, type Maps, type Point } from './maps.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

export function typed(): void {
  const object = BpfObject.open<Maps>('maps.o', { maps: { table: { maxEntries: 5 } } });
  const loaded = object.load({ programs: ['count'] });
  const table = loaded.map('table');
  const value = table.get({ x: 1, y: 2 });
  same<typeof value, Everything | undefined>(true);
  for (const [key] of table) same<typeof key, Point>(true);

  // What is left out is zero; 64-bit integers may be numbers; what was read can be given back.
  table.set({ x: 1 }, { packets: 5, points: [{ x: 1 }], color: Color.GREEN });
  table.set({}, { packets: 5n, mac: new Uint8Array(6), ports: [1, 2] as const });
  if (value !== undefined) table.set({ x: 1 }, value);
  same<ReturnType<typeof loaded.program>['name'], string>(true);
  loaded.program('count');
  loaded.program('cgroup_skb/ingress');

  // @ts-expect-error there is no such map
  loaded.map('tables');
  // @ts-expect-error there is no such program
  loaded.program('counts');
  // @ts-expect-error there is no such member
  table.set({ z: 1 }, {});
  // @ts-expect-error a number is no text
  table.set({ x: 1 }, { name: 5 });
  // @ts-expect-error key and value differ
  table.get(5);
  // @ts-expect-error there is no such map to change
  BpfObject.open<Maps>('maps.o', { maps: { tables: {} } });
  // @ts-expect-error there is no such program to load
  object.load({ programs: ['counts'] });
  // @ts-expect-error types are known, and not to be said again
  loaded.map<number, number>('on_node');
  // The caller's codecs go before.
  const codec = { decode: () => 5, encode: () => undefined };

  same<ReturnType<typeof own>, BpfMap<number, number>>(true);
  function own() {
    return loaded.map('table', { key: codec, value: codec });
  }
}

export function variables(): void {
  const object = BpfObject.open<Globals>('globals.o');
  object.variables.limit = 9000;
  const loaded = object.load();
  same<typeof loaded.variables.totals, readonly bigint[]>(true);
  same<ReturnType<typeof counter>, number | undefined>(true);
  function counter() {
    return loaded.map('.data').get(0)?.counter;
  }
  // @ts-expect-error there is no such variable
  object.variables.limits = 5;
  // @ts-expect-error a number
  object.variables.limit = '5';
}

export function untyped(): void {
  const object = BpfObject.open('any.o', { maps: { any: { maxEntries: 5 } } });
  const loaded: LoadedObject = object.load({ programs: ['any'] });
  const map = loaded.map('any');
  same<typeof map, BpfMap<unknown, unknown>>(true);
  const numbers = loaded.map<number, bigint>('any');
  same<typeof numbers, BpfMap<number, bigint>>(true);
  loaded.program('any');
  loaded.variables['any'] = 5;
  // Of any object, closing and info.
  const close = <T extends ObjectTypes>(any: LoadedObject<T>): void => any.close();
  close(loaded);
  close(BpfObject.open<Maps>('maps.o').load());
}
