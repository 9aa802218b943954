import type { Async, Sync } from '../netlink/request.js';
import type { RtNetlink } from '../netlink/rtnetlink.js';
import { filterOperations } from './filter/operations.js';
import { qdiscOperations } from './qdisc/operations.js';

/** Traffic control in the network namespace of an {@link RtNetlink}, over its socket; it owns nothing to be closed. */
export class TrafficControl {
  readonly qdiscs: Sync<typeof qdiscOperations>;
  readonly filters: Sync<typeof filterOperations>;
  /** The same operations as promises; each takes `{ signal }` as one more argument. */
  readonly async: {
    readonly qdiscs: Async<typeof qdiscOperations>;
    readonly filters: Async<typeof filterOperations>;
  };

  constructor(netlink: RtNetlink) {
    this.qdiscs = netlink.bind(qdiscOperations);
    this.filters = netlink.bind(filterOperations);
    this.async = {
      qdiscs: netlink.bindAsync(qdiscOperations),
      filters: netlink.bindAsync(filterOperations),
    };
  }
}
