import { ALTIFNAMSIZ } from '../../uapi/if.js';
import { IFLA_BRIDGE_FLAGS, IFLA_BRIDGE_MODE } from '../../uapi/if_bridge.js';
import * as L from '../../uapi/if_link.js';
import { AF_BRIDGE, AF_UNSPEC } from '../../uapi/socket.js';
import { mac } from '../../wire/address.js';
import { bytes } from '../../wire/bytes.js';
import type { Infer, InferInput } from '../../wire/codec.js';
import { bool, s32, u8, u16, u32, u64, uint } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { text, textUpTo } from '../../wire/text.js';
import { attributes, inline } from '../attributes.js';
import { byHeader, choose, repeated, reported } from '../combinators.js';
import { headed } from '../message.js';
import { ifinfomsg, settings } from './common.js';
import { inet, inet6 } from './families.js';
import { kinds, slaveKinds } from './kinds/index.js';

/** struct rtnl_link_stats64 and, with `u32`, its elder rtnl_link_stats: the same counters in the same order. */
const counters = <F extends typeof u32 | typeof u64>(counter: F) => ({
  rxPackets: counter,
  txPackets: counter,
  rxBytes: counter,
  txBytes: counter,
  rxErrors: counter,
  txErrors: counter,
  rxDropped: counter,
  txDropped: counter,
  multicast: counter,
  collisions: counter,
  rxLengthErrors: counter,
  rxOverErrors: counter,
  rxCrcErrors: counter,
  rxFrameErrors: counter,
  rxFifoErrors: counter,
  rxMissedErrors: counter,
  txAbortedErrors: counter,
  txCarrierErrors: counter,
  txFifoErrors: counter,
  txHeartbeatErrors: counter,
  txWindowErrors: counter,
  rxCompressed: counter,
  txCompressed: counter,
  rxNohandler: counter,
});

export const stats = struct(counters(u32));
/** `rxOtherhostDropped` came with Linux 5.18 and reads as 0 before. */
export const stats64 = struct({ ...counters(u64), rxOtherhostDropped: u64 });

export const ifmap = struct({ memStart: u64, memEnd: u64, baseAddr: u64, irq: u16, dma: u8, port: u8 });

/** The families' own attributes, by family number: AF_INET, AF_INET6. */
const afSpec = attributes({
  inet: [2, inet],
  inet6: [10, inet6],
});
/** The same attribute number in messages of family AF_BRIDGE. */
const afSpecBridge = attributes({
  flags: [IFLA_BRIDGE_FLAGS, u16],
  mode: [IFLA_BRIDGE_MODE, u16],
});

export const linkinfo = attributes({
  /** Driver: 'veth', 'bridge', 'vxlan'...; absent for hardware and the loopback device. */
  kind: [L.IFLA_INFO_KIND, text],
  /** Settings of the driver. */
  data: [L.IFLA_INFO_DATA, choose('kind', kinds)],
  xstats: [L.IFLA_INFO_XSTATS, reported(bytes)],
  /** What the link's master is: 'bridge', 'bond'... */
  slaveKind: [L.IFLA_INFO_SLAVE_KIND, text],
  /** Settings that the link has as a port of its master. */
  slaveData: [L.IFLA_INFO_SLAVE_DATA, choose('slaveKind', slaveKinds)],
});

/** Source: IFLA_* in include/uapi/linux/if_link.h; rtnl_fill_ifinfo() in net/core/rtnetlink.c (v6.12). */
export const linkAttributes = attributes({
  ...settings,
  /** Index of the device below (vlan, vxlan) or of the other half (veth). */
  link: [L.IFLA_LINK, u32],
  /** Id, in this namespace, of the namespace that `link` is an index of. */
  linkNetnsid: [L.IFLA_LINK_NETNSID, s32],
  /** Index of the bridge, bond, vrf... that the link is a port of; 0 to release it. */
  master: [L.IFLA_MASTER, u32],
  linkinfo: [L.IFLA_LINKINFO, inline(linkinfo)],
  propList: [L.IFLA_PROP_LIST, attributes({ altIfname: [L.IFLA_ALT_IFNAME, repeated(textUpTo(ALTIFNAMSIZ - 1))] })],
  altIfname: [L.IFLA_ALT_IFNAME, textUpTo(ALTIFNAMSIZ - 1)],
  /** IF_OPER_*. */
  operstate: [L.IFLA_OPERSTATE, u8],
  linkmode: [L.IFLA_LINKMODE, u8],
  carrier: [L.IFLA_CARRIER, bool],
  protoDown: [L.IFLA_PROTO_DOWN, bool],
  qdisc: [L.IFLA_QDISC, reported(text)],
  promiscuity: [L.IFLA_PROMISCUITY, reported(u32)],
  allmulti: [L.IFLA_ALLMULTI, reported(u32)],
  minMtu: [L.IFLA_MIN_MTU, reported(u32)],
  maxMtu: [L.IFLA_MAX_MTU, reported(u32)],
  gsoMaxSegs: [L.IFLA_GSO_MAX_SEGS, u32],
  gsoMaxSize: [L.IFLA_GSO_MAX_SIZE, u32],
  groMaxSize: [L.IFLA_GRO_MAX_SIZE, u32],
  gsoIpv4MaxSize: [L.IFLA_GSO_IPV4_MAX_SIZE, u32],
  groIpv4MaxSize: [L.IFLA_GRO_IPV4_MAX_SIZE, u32],
  tsoMaxSize: [L.IFLA_TSO_MAX_SIZE, reported(u32)],
  tsoMaxSegs: [L.IFLA_TSO_MAX_SEGS, reported(u32)],
  carrierChanges: [L.IFLA_CARRIER_CHANGES, reported(u32)],
  carrierUpCount: [L.IFLA_CARRIER_UP_COUNT, reported(u32)],
  carrierDownCount: [L.IFLA_CARRIER_DOWN_COUNT, reported(u32)],
  permAddress: [L.IFLA_PERM_ADDRESS, reported(mac)],
  numVf: [L.IFLA_NUM_VF, reported(u32)],
  map: [L.IFLA_MAP, reported(ifmap)],
  /** 32 bits each; `stats64` has the same in full. */
  stats: [L.IFLA_STATS, reported(stats)],
  stats64: [L.IFLA_STATS64, reported(stats64)],
  xdp: [
    L.IFLA_XDP,
    attributes({
      fd: [L.IFLA_XDP_FD, s32],
      attached: [L.IFLA_XDP_ATTACHED, reported(u8)],
      flags: [L.IFLA_XDP_FLAGS, u32],
      progId: [L.IFLA_XDP_PROG_ID, reported(u32)],
      drvProgId: [L.IFLA_XDP_DRV_PROG_ID, reported(u32)],
      skbProgId: [L.IFLA_XDP_SKB_PROG_ID, reported(u32)],
      hwProgId: [L.IFLA_XDP_HW_PROG_ID, reported(u32)],
      expectedFd: [L.IFLA_XDP_EXPECTED_FD, s32],
    }),
  ],
  afSpec: [L.IFLA_AF_SPEC, reported(byHeader('family', { [AF_UNSPEC]: afSpec, [AF_BRIDGE]: afSpecBridge }))],
  /** RTEXT_FILTER_*: what a get or a dump shall tell. */
  extMask: [L.IFLA_EXT_MASK, u32],
  /** Id of the namespace to work in, other than the socket's own. */
  targetNetnsid: [L.IFLA_TARGET_NETNSID, s32],
  newNetnsid: [L.IFLA_NEW_NETNSID, reported(s32)],
  newIfindex: [L.IFLA_NEW_IFINDEX, s32],
  event: [L.IFLA_EVENT, reported(u32)],
  parentDevName: [L.IFLA_PARENT_DEV_NAME, text],
  parentDevBusName: [L.IFLA_PARENT_DEV_BUS_NAME, text],
  physPortName: [L.IFLA_PHYS_PORT_NAME, reported(text)],
  physPortId: [L.IFLA_PHYS_PORT_ID, reported(bytes)],
  physSwitchId: [L.IFLA_PHYS_SWITCH_ID, reported(bytes)],
  netnsImmutable: [L.IFLA_NETNS_IMMUTABLE, reported(bool)],
  headroom: [L.IFLA_HEADROOM, reported(u16)],
  tailroom: [L.IFLA_TAILROOM, reported(u16)],
  devlinkPort: [L.IFLA_DEVLINK_PORT, reported(bytes)],
  dpllPin: [L.IFLA_DPLL_PIN, reported(bytes)],
  /** In nanoseconds; 0 where the device cannot delay packets. */
  maxPacingOffloadHorizon: [L.IFLA_MAX_PACING_OFFLOAD_HORIZON, reported(uint)],
});

/** A link message: struct ifinfomsg, then IFLA_* attributes. */
export const link = headed(ifinfomsg, linkAttributes);
/** A network device as the kernel reports it. */
export type Link = Infer<typeof link>;
export type LinkMessage = InferInput<typeof link>;
