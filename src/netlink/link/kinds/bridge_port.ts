import * as L from '../../../uapi/if_link.js';
import { bool, flag, u8, u16, u32, u64 } from '../../../wire/integers.js';
import { attributes } from '../../attributes.js';
import { reported } from '../../combinators.js';
import { bridgeId } from './bridge.js';

/**
 * Settings that a link has as a port of a bridge. Timers in clock ticks of 1/100 s (USER_HZ).
 *
 * Source: IFLA_BRPORT_* in include/uapi/linux/if_link.h; br_port_fill_attrs() in net/bridge/br_netlink.c (v6.12).
 */
export const bridgePort = attributes({
  /** BR_STATE_*: 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking. */
  state: [L.IFLA_BRPORT_STATE, u8],
  priority: [L.IFLA_BRPORT_PRIORITY, u16],
  cost: [L.IFLA_BRPORT_COST, u32],
  /** Hairpin: packets may leave by the port they came in by. */
  mode: [L.IFLA_BRPORT_MODE, bool],
  guard: [L.IFLA_BRPORT_GUARD, bool],
  protect: [L.IFLA_BRPORT_PROTECT, bool],
  fastLeave: [L.IFLA_BRPORT_FAST_LEAVE, bool],
  learning: [L.IFLA_BRPORT_LEARNING, bool],
  unicastFlood: [L.IFLA_BRPORT_UNICAST_FLOOD, bool],
  proxyarp: [L.IFLA_BRPORT_PROXYARP, bool],
  learningSync: [L.IFLA_BRPORT_LEARNING_SYNC, bool],
  proxyarpWifi: [L.IFLA_BRPORT_PROXYARP_WIFI, bool],
  rootId: [L.IFLA_BRPORT_ROOT_ID, reported(bridgeId)],
  bridgeId: [L.IFLA_BRPORT_BRIDGE_ID, reported(bridgeId)],
  designatedPort: [L.IFLA_BRPORT_DESIGNATED_PORT, reported(u16)],
  designatedCost: [L.IFLA_BRPORT_DESIGNATED_COST, reported(u16)],
  id: [L.IFLA_BRPORT_ID, reported(u16)],
  no: [L.IFLA_BRPORT_NO, reported(u16)],
  topologyChangeAck: [L.IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, reported(u8)],
  configPending: [L.IFLA_BRPORT_CONFIG_PENDING, reported(u8)],
  messageAgeTimer: [L.IFLA_BRPORT_MESSAGE_AGE_TIMER, reported(u64)],
  forwardDelayTimer: [L.IFLA_BRPORT_FORWARD_DELAY_TIMER, reported(u64)],
  holdTimer: [L.IFLA_BRPORT_HOLD_TIMER, reported(u64)],
  flush: [L.IFLA_BRPORT_FLUSH, flag],
  multicastRouter: [L.IFLA_BRPORT_MULTICAST_ROUTER, u8],
  mcastFlood: [L.IFLA_BRPORT_MCAST_FLOOD, bool],
  mcastToUcast: [L.IFLA_BRPORT_MCAST_TO_UCAST, bool],
  vlanTunnel: [L.IFLA_BRPORT_VLAN_TUNNEL, bool],
  bcastFlood: [L.IFLA_BRPORT_BCAST_FLOOD, bool],
  groupFwdMask: [L.IFLA_BRPORT_GROUP_FWD_MASK, u16],
  neighSuppress: [L.IFLA_BRPORT_NEIGH_SUPPRESS, bool],
  isolated: [L.IFLA_BRPORT_ISOLATED, bool],
  /** Index of the port that takes over when this one has no carrier. */
  backupPort: [L.IFLA_BRPORT_BACKUP_PORT, u32],
  mrpRingOpen: [L.IFLA_BRPORT_MRP_RING_OPEN, reported(u8)],
  mrpInOpen: [L.IFLA_BRPORT_MRP_IN_OPEN, reported(u8)],
  mcastEhtHostsLimit: [L.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, u32],
  mcastEhtHostsCnt: [L.IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, reported(u32)],
  locked: [L.IFLA_BRPORT_LOCKED, bool],
  mab: [L.IFLA_BRPORT_MAB, bool],
  mcastNGroups: [L.IFLA_BRPORT_MCAST_N_GROUPS, reported(u32)],
  mcastMaxGroups: [L.IFLA_BRPORT_MCAST_MAX_GROUPS, u32],
  neighVlanSuppress: [L.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, bool],
  backupNhid: [L.IFLA_BRPORT_BACKUP_NHID, u32],
  neighForwardGrat: [L.IFLA_BRPORT_NEIGH_FORWARD_GRAT, bool],
});
