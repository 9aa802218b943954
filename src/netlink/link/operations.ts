import { isDeepStrictEqual } from 'node:util';
import * as I from '../../uapi/if.js';
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL } from '../../uapi/netlink.js';
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from '../../uapi/rtnetlink.js';
import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import { checkedName, type Device, deviceId, indexOf, named } from '../device.js';
import { one } from '../error.js';
import { exchange, type Operation, type Request, Stream, settable, without } from '../request.js';
import { type Link, type LinkMessage, link, linkAttributes } from './schema.js';

/** `Omit` from each member of a union. */
export type OmitEach<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Switches of `ip link set`, each a bit of IFF_*, or the lack of one. */
const SWITCHES = {
  up: [I.IFF_UP, true],
  arp: [I.IFF_NOARP, false],
  multicast: [I.IFF_MULTICAST, true],
  allmulticast: [I.IFF_ALLMULTI, true],
  promisc: [I.IFF_PROMISC, true],
  dynamic: [I.IFF_DYNAMIC, true],
} as const;
const SWITCHES_BY_NAME = Object.entries(SWITCHES) as [keyof typeof SWITCHES, readonly [number, boolean]][];
type Switches = { readonly [K in keyof typeof SWITCHES]?: boolean | undefined };

/** What can be said of a link besides its attributes: switches such as `up` and `arp`, and where it shall be. */
export interface Conveniences extends Switches {
  /** The network namespace to create the link in, or to move it to: a handle, or the id of a process in it. */
  readonly netns?: { readonly fd: number } | number | undefined;
}

/** The other half of a pair (veth). */
export interface Peer extends Conveniences {
  readonly ifname?: string | undefined;
  readonly address?: string | undefined;
  readonly mtu?: number | undefined;
  readonly txqlen?: number | undefined;
  readonly numTxQueues?: number | undefined;
  readonly numRxQueues?: number | undefined;
}

/**
 * Settings of a link: the attributes of IFLA_* by their names, `kind` with its `data`, and conveniences. What
 * `links.get` answered can be given back: what the kernel only reports is left out.
 */
export type LinkSettings = OmitEach<LinkMessage, 'link' | 'master'> &
  Conveniences & {
    /** The device below (vlan, vxlan), by name or index. */
    readonly link?: Device | undefined;
    /** The bridge, bond, vrf... to be a port of, by name or index; 0 or `null` for none. */
    readonly master?: Device | null | undefined;
    /** The other half, for kinds that come in pairs. */
    readonly peer?: Peer | undefined;
  };

/** Which links to list, and what of them; the kernel does the choosing. */
export interface LinkFilter {
  readonly kind?: string | undefined;
  /** Ports of this device. */
  readonly master?: Device | undefined;
  /** RTEXT_FILTER_*: what to tell besides, or to leave out. RTEXT_FILTER_SKIP_STATS leaves out IPv6's counters. */
  readonly extMask?: number | undefined;
}

/** What is not an attribute by that name. */
const CONVENIENCES: readonly string[] = ['netns', 'peer', ...Object.keys(SWITCHES)];

/** The message for settings: conveniences resolved, what is only reported left out. */
function toMessage(settings: LinkSettings | Peer): Record<string, unknown> {
  const { netns, peer } = settings as LinkSettings;
  const attributes = without(settings, ...CONVENIENCES);
  const message = settable(attributes, linkAttributes);
  if (settings.ifname !== undefined) checkedName(settings.ifname);
  const { flags, change } = flagsOf(settings);
  message['flags'] = flags;
  message['change'] = change;
  if (typeof netns === 'number') message['netNsPid'] = netns;
  else if (netns !== undefined) message['netNsFd'] = netns.fd;
  // That it shall be up is a request of its own, see peerToSetUp().
  if (peer !== undefined) {
    const half = toMessage(peer.up === true ? { ...peer, up: undefined } : peer);
    message['data'] = { ...(attributes['data'] as object | undefined), peer: half };
  }
  return message;
}

/** Flags as switches say; those that were read (`change` is 0 there) tell much that cannot be set, and are left out. */
function flagsOf(settings: Switches & { readonly flags?: number | undefined; readonly change?: number | undefined }) {
  let change = settings.change ?? 0;
  let flags = (settings.flags ?? 0) & change;
  for (const [name, [bit, positive]] of SWITCHES_BY_NAME) {
    const wanted = settings[name];
    if (wanted === undefined) continue;
    if (typeof wanted !== 'boolean') throw new EncodeError(`must be true or false, is ${show(wanted)}`, name);
    change |= bit;
    flags = wanted === positive ? flags | bit : flags & ~bit;
  }
  return { flags: flags >>> 0, change: change >>> 0 };
}

/** Sets the other half of a new pair up; when that fails, the pair is deleted again. */
function* setPeerUp(ifname: string, operation: string): Operation<void> {
  try {
    const message = { ifname, flags: I.IFF_UP, change: I.IFF_UP };
    yield { operation, type: RTM_NEWLINK, flags: 0, codec: link, message };
  } catch (error) {
    yield { operation: `${operation}: undone`, type: RTM_DELLINK, flags: 0, codec: link, message: { ifname } };
    throw error;
  }
}

/**
 * The name of the other half if that is to be set up, which takes a request of its own: in the one that creates both it
 * is opened before it has a peer, and refused with ENOTCONN (veth_newlink() in drivers/net/veth.c, v6.12).
 */
function peerToSetUp({ peer }: LinkSettings, operation: string): string | undefined {
  if (peer?.up !== true) return undefined;
  if (peer.ifname !== undefined && peer.netns === undefined) return peer.ifname;
  const reason = "needs a peer with an ifname, in this socket's namespace; set it up there, once it is made";
  throw new EncodeError(reason, 'peer.up').during(operation);
}

/** Names given for other devices become indexes. */
function* resolved(settings: LinkSettings, operation: string): Operation<Record<string, unknown>> {
  const message = named(operation, () => toMessage(settings));
  if (typeof settings.link === 'string') message['link'] = yield* indexOf(settings.link, operation);
  if (typeof settings.master === 'string') message['master'] = yield* indexOf(settings.master, operation);
  if (settings.master === null) message['master'] = 0;
  return message;
}

function* dumpRequest(filter: LinkFilter | undefined, operation: string): Operation<Request<Link>> {
  const message: Record<string, unknown> = {};
  if (filter?.extMask !== undefined) message['extMask'] = filter.extMask;
  if (filter?.kind !== undefined) message['kind'] = filter.kind;
  if (filter?.master !== undefined) message['master'] = yield* indexOf(filter.master, operation);
  // A kind that the kernel does not know does not filter (linkinfo_to_kind_ops() in net/core/rtnetlink.c, v6.12).
  const keep = filter?.kind === undefined ? {} : { keep: ({ kind }: Link) => kind === filter.kind };
  return { operation, type: RTM_GETLINK, flags: NLM_F_DUMP, codec: link, message, reply: link, ...keep };
}

/**
 * What many drivers refuse even where it changes nothing, as in what was read and is given back. `data` goes as a whole
 * or not at all: to some drivers what is left out means 0 (ipip_changelink() in net/ipv4/ipip.c, v6.12).
 */
const REFUSED_UNCHANGED = ['address', 'carrier', 'protoDown', 'data', 'slaveData'] as const;

function* withoutUnchanged(
  device: Device,
  message: Record<string, unknown>,
  operation: string,
): Operation<Record<string, unknown>> {
  if (REFUSED_UNCHANGED.every((name) => message[name] === undefined)) return message;
  const current = settable(yield* found(device, operation), linkAttributes);
  const changed: Record<string, unknown> = { ...message };
  for (const name of REFUSED_UNCHANGED) if (isDeepStrictEqual(changed[name], current[name])) delete changed[name];
  // A kind stands there for its data alone, and some drivers want data with it (vxlan_validate(), v6.12).
  if (changed['data'] === undefined && message['data'] !== undefined) delete changed['kind'];
  if (changed['slaveData'] === undefined && message['slaveData'] !== undefined) delete changed['slaveKind'];
  return changed;
}

function* found(device: Device, operation: string): Operation<Link> {
  const message = named(operation, () => deviceId(device));
  const [reply] = yield* exchange({ operation, type: RTM_GETLINK, flags: 0, codec: link, message, reply: link });
  return one(reply, operation);
}

/** `ip link`. */
export const linkOperations = {
  /**
   * Creates a link, as `ip link add`; with `index` by that number, except where settings were read (`change` is there
   * then). Fails with EEXIST when one of that name or number is there.
   */
  *add(settings: LinkSettings): Operation<void> {
    const operation = `link add ${settings.ifname ?? settings.kind ?? ''}`.trimEnd();
    const peerName = peerToSetUp(settings, operation);
    const message = yield* resolved(settings, operation);
    if (settings.change !== undefined) message['index'] = undefined;
    yield { operation, type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, codec: link, message };
    if (peerName !== undefined) yield* setPeerUp(peerName, operation);
  },

  /** Changes a link, as `ip link set`; `ifname` in the settings renames it. Fails with ENODEV when there is none. */
  *set(device: Device, settings: LinkSettings): Operation<void> {
    const operation = `link set ${device}`;
    const message = yield* withoutUnchanged(device, yield* resolved(settings, operation), operation);
    const given = named(operation, () => deviceId(device));
    // A name in the message finds the link when there is no index; to be renamed it must be found by its index. So it
    // must by a long alternative name before 5.18 (__rtnl_newlink() in net/core/rtnetlink.c, v5.10).
    const renames = settings.ifname !== undefined && settings.ifname !== device;
    const byIndex = renames || given.altIfname !== undefined;
    const id = byIndex ? { index: yield* indexOf(device, operation) } : given;
    // The device is the one that was named, whatever index settings that were read elsewhere have.
    message['index'] = undefined;
    yield { operation, type: RTM_NEWLINK, flags: 0, codec: link, message: Object.assign(message, id) };
  },

  /** Deletes a link, as `ip link del`; of a pair both halves go. */
  *delete(device: Device): Operation<void> {
    const operation = `link delete ${device}`;
    const message = named(operation, () => deviceId(device));
    yield { operation, type: RTM_DELLINK, flags: 0, codec: link, message };
  },

  /**
   * Deletes all links of a group, as `ip link delete group`: they wait in the kernel together, a fraction of what each
   * would wait alone. Fails with ENODEV when the group has none, with EPERM for group 0, where all others are.
   */
  *deleteGroup(group: number): Operation<void> {
    const operation = `link delete group ${group}`;
    yield { operation, type: RTM_DELLINK, flags: 0, codec: link, message: { group } };
  },

  /** One link, as `ip -d link show`. Fails with ENODEV when there is none. */
  *get(device: Device): Operation<Link> {
    return yield* found(device, `link get ${device}`);
  },

  /** All links, or those of a kind or of a master. */
  *list(filter?: LinkFilter): Operation<readonly Link[]> {
    return yield* exchange(yield* dumpRequest(filter, 'link list'));
  },

  /** The same, one after another in constant memory. */
  dump(filter?: LinkFilter): Stream<Link> {
    return new Stream(dumpRequest(filter, 'link dump'));
  },
};
