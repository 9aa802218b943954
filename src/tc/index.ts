export type { FilterId, FilterSettings, filterOperations } from './filter/operations.js';
export type { Filter, FilterMessage } from './filter/schema.js';
export { formatHandle, type Handle, parseHandle } from './handle.js';
export type { QdiscId, QdiscSettings, qdiscOperations } from './qdisc/operations.js';
export type { Qdisc, QdiscMessage } from './qdisc/schema.js';
export { TrafficControl } from './traffic-control.js';
