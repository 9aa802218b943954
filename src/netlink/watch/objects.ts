import * as R from '../../uapi/rtnetlink.js';
import type { Reader } from '../../wire/reader.js';
import { addressOperations } from '../address/operations.js';
import { type Address, address, addressAttributes } from '../address/schema.js';
import { linkOperations } from '../link/operations.js';
import { type Link, link, linkAttributes } from '../link/schema.js';
import type { Operation } from '../request.js';
import { routeOperations } from '../route/operations.js';
import { type Route, route, routeAttributes } from '../route/schema.js';
import type { AttributesCodec, Table } from '../types.js';

/** What can be watched, by the names that `ip monitor` gives it, and the type of each. */
export interface Watched {
  readonly link: Link;
  readonly address: Address;
  readonly route: Route;
}

/** How one kind of object is watched. */
export interface WatchedObject<T> {
  /** RTNLGRP_*. */
  readonly groups: readonly number[];
  /** RTM_* of what is there, and of what goes. */
  readonly newType: number;
  readonly deleteType: number;
  readonly codec: { decode(reader: Reader, start: number, end: number): T };
  readonly attributes: Pick<AttributesCodec<Table>, 'rows'>;
  /** All there are. */
  list(): Operation<readonly T[]>;
  /** What makes one the same as one seen before. */
  identity(value: T): readonly unknown[];
  /** What a replacing one takes the place of, where that is less than its identity. */
  readonly place?: (value: T) => readonly unknown[];
}

const routePlace = (r: Route): readonly unknown[] => [r.family, r.table, r.dst, r.src, r.tos, r.priority];

/** A row for each. */
export const WATCHED: { readonly [K in keyof Watched]: WatchedObject<Watched[K]> } = {
  link: {
    groups: [R.RTNLGRP_LINK],
    newType: R.RTM_NEWLINK,
    deleteType: R.RTM_DELLINK,
    codec: link,
    attributes: linkAttributes,
    list: () => linkOperations.list(),
    // A bridge tells of its ports in messages of family AF_BRIDGE, which are not about the link itself.
    identity: ({ family, index }) => [family, index],
  },
  address: {
    groups: [R.RTNLGRP_IPV4_IFADDR, R.RTNLGRP_IPV6_IFADDR],
    newType: R.RTM_NEWADDR,
    deleteType: R.RTM_DELADDR,
    codec: address,
    attributes: addressAttributes,
    list: () => addressOperations.list(),
    identity: (a) => [a.family, a.index, a.address, a.local],
  },
  route: {
    groups: [R.RTNLGRP_IPV4_ROUTE, R.RTNLGRP_IPV6_ROUTE],
    newType: R.RTM_NEWROUTE,
    deleteType: R.RTM_DELROUTE,
    codec: route,
    attributes: routeAttributes,
    list: () => routeOperations.list(),
    identity: (r) => [...routePlace(r), r.type, r.oif, r.gateway, r.via, r.nhId],
    place: routePlace,
  },
};
