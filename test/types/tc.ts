// Compile-time tests: this file has no run-time content. Every @ts-expect-error must be an error.
import type { Filter, FilterSettings, Qdisc, QdiscSettings, TrafficControl } from '../../src/tc/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const assertTrue = <T extends true>(): T | undefined => undefined;

declare const filter: Filter;
assertTrue<Equal<Filter['priority'], number>>();
assertTrue<Equal<Filter['parent'], string>>();
assertTrue<Equal<Filter['chain'], number | undefined>>();
if (filter.kind === 'bpf') {
  assertTrue<Equal<NonNullable<typeof filter.options>['tag'], string | undefined>>();
  assertTrue<Equal<NonNullable<typeof filter.options>['id'], number | undefined>>();
}
if (filter.kind === 'u32') assertTrue<Equal<typeof filter.options, undefined>>();
// @ts-expect-error readonly
filter.priority = 5;

export const bpf: FilterSettings = {
  dev: 'a',
  parent: 'ingress',
  kind: 'bpf',
  program: { fd: 3 },
  directAction: true,
  options: { name: 'x', classid: '1:10' },
};
export const numbered: FilterSettings = { dev: 3, parent: 0xfffffff2, kind: 'bpf' };
// @ts-expect-error a program crosses as its descriptor
export const bad1: FilterSettings = { dev: 'a', parent: 'ingress', kind: 'bpf', program: 3 };
// @ts-expect-error misspelt
export const bad2: FilterSettings = { dev: 'a', parent: 'ingress', kind: 'bpf', options: { nam: 'x' } };
export const filterAgain: FilterSettings = filter;

declare const qdisc: Qdisc;
assertTrue<Equal<Qdisc['handle'], string>>();
assertTrue<Equal<NonNullable<NonNullable<Qdisc['stats2']>['basic']>['bytes'], bigint>>();
export const qdiscAgain: QdiscSettings = qdisc;
export const clsact: QdiscSettings = { dev: 'a', kind: 'clsact' };

declare const tc: TrafficControl;
declare const signal: AbortSignal;
assertTrue<Equal<ReturnType<typeof tc.filters.list>, readonly Filter[]>>();
assertTrue<Equal<ReturnType<typeof tc.qdiscs.get>, Qdisc>>();
assertTrue<Equal<ReturnType<typeof tc.async.filters.dump>, AsyncGenerator<Filter, void, undefined>>>();
void tc.async.qdiscs.list(undefined, { signal });
// @ts-expect-error where it hangs must be said
tc.filters.list({ dev: 'a' });
