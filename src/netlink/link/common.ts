import { IFALIASZ, IFNAMSIZ } from '../../uapi/if.js';
import * as L from '../../uapi/if_link.js';
import { mac } from '../../wire/address.js';
import { s32, u8, u16, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { textUpTo } from '../../wire/text.js';

/** struct ifinfomsg, the fixed header of link messages. */
export const ifinfomsg = struct({
  /** AF_UNSPEC, or AF_BRIDGE for what concerns the link as a bridge port. */
  family: u8,
  /** ARPHRD_*. */
  type: u16,
  /** 0 in a request: found by name, or, when creating, chosen by the kernel. */
  index: s32,
  /** IFF_*. */
  flags: u32,
  /** Those of `flags` that a request changes. */
  change: u32,
});

/** Attributes that a link and the other half of a pair (veth, vxcan, netkit) have in common. */
export const settings = {
  ifname: [L.IFLA_IFNAME, textUpTo(IFNAMSIZ - 1)],
  /** Link-layer address: 6 bytes for Ethernet, 4 or 16 for IP tunnels. */
  address: [L.IFLA_ADDRESS, mac],
  broadcast: [L.IFLA_BROADCAST, mac],
  /** In bytes. */
  mtu: [L.IFLA_MTU, u32],
  /** Transmit queue length, in packets. */
  txqlen: [L.IFLA_TXQLEN, u32],
  numTxQueues: [L.IFLA_NUM_TX_QUEUES, u32],
  numRxQueues: [L.IFLA_NUM_RX_QUEUES, u32],
  /** Group number, by which many links can be changed or deleted at once. */
  group: [L.IFLA_GROUP, u32],
  ifalias: [L.IFLA_IFALIAS, textUpTo(IFALIASZ - 1)],
  /** Network namespace to be in, by a descriptor of it. */
  netNsFd: [L.IFLA_NET_NS_FD, u32],
  /** Network namespace to be in, by a process in it. */
  netNsPid: [L.IFLA_NET_NS_PID, u32],
} as const;
