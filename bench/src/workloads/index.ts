import type { Setup } from '../workload.js';
import { filterBatch, filterDump } from './filters.js';
import { linkDump, linkDumpStats, vethAdd, vethDelete } from './links.js';
import { mapLookup, mapUpdate, mapWalk } from './maps.js';
import { objectLoad, startUp } from './process.js';
import { routeBatch, routeDump, routeSingle } from './routes.js';

export const WORKLOADS: Readonly<Record<string, Setup>> = {
  'route-batch': routeBatch,
  'route-single': routeSingle,
  'route-dump': routeDump,
  'link-dump': linkDump,
  'link-dump-stats': linkDumpStats,
  'veth-add': vethAdd,
  'veth-delete': vethDelete,
  'filter-batch': filterBatch,
  'filter-dump': filterDump,
  'map-update': mapUpdate,
  'map-lookup': mapLookup,
  'map-walk': mapWalk,
  'object-load': objectLoad,
  'start-up': startUp,
};
