import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE } from '../../uapi/netlink.js';
import * as R from '../../uapi/rtnetlink.js';
import { AF_INET, AF_INET6 } from '../../uapi/socket.js';
import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import { type Device, indexOf, named } from '../device.js';
import { one } from '../error.js';
import { exchange, type Operation, type Request, Stream, settable, without } from '../request.js';
import { type Route, type RouteMessage, route, routeAttributes } from './schema.js';

/** A route. What `routes.list` answered can be given back. */
export type RouteSettings = RouteMessage & {
  /** The output device, by name or index; or its index as `oif`. */
  readonly dev?: Device | undefined;
};

/** Which routes to list; the kernel does the choosing. */
export interface RouteFilter {
  /** AF_INET or AF_INET6; both where absent. */
  readonly family?: number | undefined;
  /** RT_TABLE_*; all where absent. */
  readonly table?: number | undefined;
  /** RTPROT_*. */
  readonly protocol?: number | undefined;
  /** RTN_*. */
  readonly type?: number | undefined;
  /** The output device. */
  readonly dev?: Device | undefined;
}

/** What a lookup starts from. */
export interface RouteLookup {
  /** Source address. */
  readonly from?: string | undefined;
  /** The device that the packet would come in by. */
  readonly iif?: Device | undefined;
  readonly oif?: Device | undefined;
  readonly mark?: number | undefined;
  readonly uid?: number | undefined;
  readonly ipProto?: number | undefined;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  /** Answer the matching entry of the table instead of the route that follows from it (RTM_F_FIB_MATCH). */
  readonly fibMatch?: boolean | undefined;
}

/** Flags of a next hop that a request may carry; the others tell its state. */
const SETTABLE_FLAGS = R.RTNH_F_ONLINK | R.RTNH_F_PERVASIVE;
const FROM_NEXTHOP = ['oif', 'gateway', 'via', 'multipath', 'encap', 'encapType'] as const;
const HOST_TYPES: readonly number[] = [R.RTN_LOCAL, R.RTN_NAT];
const LINK_TYPES: readonly number[] = [R.RTN_BROADCAST, R.RTN_MULTICAST, R.RTN_ANYCAST];

/** The family that the addresses of a route show. */
function familyOf({ family, dst, src, gateway, prefsrc, multipath }: RouteSettings): number {
  if (family !== undefined && family !== 0) return family;
  const text = (dst === 'default' ? undefined : dst) ?? src ?? gateway ?? prefsrc ?? multipath?.[0]?.gateway;
  return typeof text === 'string' && text.includes(':') ? AF_INET6 : AF_INET;
}

/** The scope that iproute2 gives where none is given: how far away the next hop is. */
function scopeOf(settings: RouteSettings, family: number, type: number): number {
  if (family !== AF_INET) return R.RT_SCOPE_UNIVERSE;
  if (HOST_TYPES.includes(type)) return R.RT_SCOPE_HOST;
  if (LINK_TYPES.includes(type)) return R.RT_SCOPE_LINK;
  const direct =
    type === R.RTN_UNICAST &&
    settings.gateway === undefined &&
    settings.via === undefined &&
    settings.multipath === undefined &&
    settings.nhId === undefined;
  return direct ? R.RT_SCOPE_LINK : R.RT_SCOPE_UNIVERSE;
}

/** Other bytes than the family's would be taken for the first ones of an address. */
function checkFamily(settings: RouteSettings, family: unknown): void {
  if (family !== AF_INET && family !== AF_INET6) return;
  const wanted = family === AF_INET6 ? 'IPv6' : 'IPv4';
  for (const name of ['dst', 'src', 'gateway', 'prefsrc'] as const) {
    const text = settings[name];
    if (typeof text !== 'string' || text === 'default' || text.includes(':') === (family === AF_INET6)) continue;
    const instead = name === 'gateway' ? "; a gateway of the other family is given as 'via'" : '';
    throw new EncodeError(`must be ${wanted}, as the route is, is ${show(text)}${instead}`, name);
  }
}

function toMessage(settings: RouteSettings, oif: number | undefined, operation: string): Record<string, unknown> {
  const family = familyOf(settings);
  named(operation, () => checkFamily(settings, family));
  const message = settable(without(settings, 'dev'), routeAttributes);
  if (oif !== undefined) message['oif'] = oif;
  message['family'] = family;
  message['flags'] = (settings.flags ?? 0) & SETTABLE_FLAGS;
  message['table'] = settings.table ?? R.RT_TABLE_MAIN;
  if (settings.multipath !== undefined) {
    message['multipath'] = settings.multipath.map((hop) => ({ ...hop, flags: (hop.flags ?? 0) & SETTABLE_FLAGS }));
  }
  // What the kernel reports beside a next hop object comes from it, and is refused beside it.
  if (settings.nhId !== undefined) for (const name of FROM_NEXTHOP) delete message[name];
  return message;
}

function* create(verb: string, settings: RouteSettings, flags: number): Operation<void> {
  const operation = `route ${verb} ${settings.dst ?? ''}`.trimEnd();
  if (settings.dst === undefined) {
    throw new EncodeError("dst: must be a prefix such as '10.0.0.0/24', or 'default'").during(operation);
  }
  const oif = settings.dev === undefined ? undefined : yield* indexOf(settings.dev, operation);
  const message = toMessage(settings, oif, operation);
  const type = settings.type ?? R.RTN_UNICAST;
  message['type'] = type;
  message['scope'] = settings.scope ?? scopeOf(settings, message['family'] as number, type);
  message['protocol'] = settings.protocol ?? R.RTPROT_BOOT;
  yield { operation, type: R.RTM_NEWROUTE, flags, codec: route, message };
}

function* dumpRequest(filter: RouteFilter | undefined, operation: string): Operation<Request<Route>> {
  const { dev, ...header } = filter ?? {};
  const oif = dev === undefined ? {} : { oif: yield* indexOf(dev, operation) };
  const message = { ...header, ...oif };
  return { operation, type: R.RTM_GETROUTE, flags: NLM_F_DUMP, codec: route, message, reply: route };
}

/** `ip route`. */
export const routeOperations = {
  /** Adds a route. Fails with EEXIST when the table has one to that prefix with that metric. */
  add(settings: RouteSettings): Operation<void> {
    return create('add', settings, NLM_F_CREATE | NLM_F_EXCL);
  },

  /** Adds a route, or replaces the one to that prefix with that metric. */
  replace(settings: RouteSettings): Operation<void> {
    return create('replace', settings, NLM_F_CREATE | NLM_F_REPLACE);
  },

  /** Replaces a route. Fails with ENOENT when there is none. */
  change(settings: RouteSettings): Operation<void> {
    return create('change', settings, NLM_F_REPLACE);
  },

  /** Adds a route behind others to that prefix; for IPv6 it becomes one more next hop. */
  append(settings: RouteSettings): Operation<void> {
    return create('append', settings, NLM_F_CREATE | NLM_F_APPEND);
  },

  /** Deletes the first route that fits. Fails with ESRCH when none does. */
  *delete(settings: RouteSettings): Operation<void> {
    const operation = `route delete ${settings.dst ?? ''}`.trimEnd();
    const oif = settings.dev === undefined ? undefined : yield* indexOf(settings.dev, operation);
    const message = toMessage(settings, oif, operation);
    // RT_SCOPE_NOWHERE fits any scope (fib_table_delete() in net/ipv4/fib_trie.c, v6.12).
    const scope = settings.scope ?? R.RT_SCOPE_NOWHERE;
    yield { operation, type: R.RTM_DELROUTE, flags: 0, codec: route, message: { ...message, scope } };
  },

  /** The route that a packet to an address takes, as `ip route get`. Fails with ENETUNREACH when there is none. */
  *get(destination: string, lookup?: RouteLookup): Operation<Route> {
    const operation = `route get ${destination}`;
    const { from, iif, oif, fibMatch, ...rest } = lookup ?? {};
    const family = String(destination).includes(':') ? AF_INET6 : AF_INET;
    // IPv6 tells the table unasked, and refuses the flag (inet6_rtm_valid_getroute_req() in net/ipv6/route.c, v6.12).
    const lookupTable = family === AF_INET ? R.RTM_F_LOOKUP_TABLE : 0;
    const message: Record<string, unknown> = {
      ...rest,
      family,
      dst: destination,
      flags: lookupTable | (fibMatch ? R.RTM_F_FIB_MATCH : 0),
    };
    if (from !== undefined) message['src'] = from;
    if (iif !== undefined) message['iif'] = yield* indexOf(iif, operation);
    if (oif !== undefined) message['oif'] = yield* indexOf(oif, operation);
    const [found] = yield* exchange({
      operation,
      type: R.RTM_GETROUTE,
      flags: 0,
      codec: route,
      message,
      reply: route,
    });
    return one(found, operation);
  },

  /** All routes of all tables, or those that a filter lets through. */
  *list(filter?: RouteFilter): Operation<readonly Route[]> {
    return yield* exchange(yield* dumpRequest(filter, 'route list'));
  },

  /** The same, one after another in constant memory. */
  dump(filter?: RouteFilter): Stream<Route> {
    return new Stream(dumpRequest(filter, 'route dump'));
  },
};
