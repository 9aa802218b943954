import * as L from '../../../uapi/if_link.js';
import { etherAddress, mac } from '../../../wire/address.js';
import { be16, bool, flag, u8, u16, u32, u64 } from '../../../wire/integers.js';
import { struct } from '../../../wire/struct.js';
import { attributes } from '../../attributes.js';
import { reported } from '../../combinators.js';

/** struct ifla_bridge_id: `priority` as given by the standard, highest byte first. */
export const bridgeId = struct({ priority: be16, address: etherAddress });

/**
 * Settings of a bridge. Times are in clock ticks of 1/100 s (USER_HZ).
 *
 * Source: IFLA_BR_* in include/uapi/linux/if_link.h; br_fill_info() in net/bridge/br_netlink.c (v6.12).
 */
export const bridge = attributes({
  forwardDelay: [L.IFLA_BR_FORWARD_DELAY, u32],
  helloTime: [L.IFLA_BR_HELLO_TIME, u32],
  maxAge: [L.IFLA_BR_MAX_AGE, u32],
  ageingTime: [L.IFLA_BR_AGEING_TIME, u32],
  /** 0 off, 1 the kernel's STP, 2 a user-space STP (read only). */
  stpState: [L.IFLA_BR_STP_STATE, u32],
  priority: [L.IFLA_BR_PRIORITY, u16],
  vlanFiltering: [L.IFLA_BR_VLAN_FILTERING, bool],
  /** An ETH_P_* number: 0x8100 or 0x88a8. */
  vlanProtocol: [L.IFLA_BR_VLAN_PROTOCOL, be16],
  groupFwdMask: [L.IFLA_BR_GROUP_FWD_MASK, u16],
  rootId: [L.IFLA_BR_ROOT_ID, reported(bridgeId)],
  bridgeId: [L.IFLA_BR_BRIDGE_ID, reported(bridgeId)],
  rootPort: [L.IFLA_BR_ROOT_PORT, reported(u16)],
  rootPathCost: [L.IFLA_BR_ROOT_PATH_COST, reported(u32)],
  topologyChange: [L.IFLA_BR_TOPOLOGY_CHANGE, reported(u8)],
  topologyChangeDetected: [L.IFLA_BR_TOPOLOGY_CHANGE_DETECTED, reported(u8)],
  helloTimer: [L.IFLA_BR_HELLO_TIMER, reported(u64)],
  tcnTimer: [L.IFLA_BR_TCN_TIMER, reported(u64)],
  topologyChangeTimer: [L.IFLA_BR_TOPOLOGY_CHANGE_TIMER, reported(u64)],
  gcTimer: [L.IFLA_BR_GC_TIMER, reported(u64)],
  groupAddr: [L.IFLA_BR_GROUP_ADDR, mac],
  fdbFlush: [L.IFLA_BR_FDB_FLUSH, flag],
  mcastRouter: [L.IFLA_BR_MCAST_ROUTER, u8],
  mcastSnooping: [L.IFLA_BR_MCAST_SNOOPING, bool],
  mcastQueryUseIfaddr: [L.IFLA_BR_MCAST_QUERY_USE_IFADDR, bool],
  mcastQuerier: [L.IFLA_BR_MCAST_QUERIER, bool],
  mcastHashElasticity: [L.IFLA_BR_MCAST_HASH_ELASTICITY, u32],
  mcastHashMax: [L.IFLA_BR_MCAST_HASH_MAX, u32],
  mcastLastMemberCnt: [L.IFLA_BR_MCAST_LAST_MEMBER_CNT, u32],
  mcastStartupQueryCnt: [L.IFLA_BR_MCAST_STARTUP_QUERY_CNT, u32],
  mcastLastMemberIntvl: [L.IFLA_BR_MCAST_LAST_MEMBER_INTVL, u64],
  mcastMembershipIntvl: [L.IFLA_BR_MCAST_MEMBERSHIP_INTVL, u64],
  mcastQuerierIntvl: [L.IFLA_BR_MCAST_QUERIER_INTVL, u64],
  mcastQueryIntvl: [L.IFLA_BR_MCAST_QUERY_INTVL, u64],
  mcastQueryResponseIntvl: [L.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, u64],
  mcastStartupQueryIntvl: [L.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, u64],
  nfCallIptables: [L.IFLA_BR_NF_CALL_IPTABLES, bool],
  nfCallIp6tables: [L.IFLA_BR_NF_CALL_IP6TABLES, bool],
  nfCallArptables: [L.IFLA_BR_NF_CALL_ARPTABLES, bool],
  vlanDefaultPvid: [L.IFLA_BR_VLAN_DEFAULT_PVID, u16],
  vlanStatsEnabled: [L.IFLA_BR_VLAN_STATS_ENABLED, bool],
  mcastStatsEnabled: [L.IFLA_BR_MCAST_STATS_ENABLED, bool],
  mcastIgmpVersion: [L.IFLA_BR_MCAST_IGMP_VERSION, u8],
  mcastMldVersion: [L.IFLA_BR_MCAST_MLD_VERSION, u8],
  vlanStatsPerPort: [L.IFLA_BR_VLAN_STATS_PER_PORT, bool],
  multiBoolopt: [L.IFLA_BR_MULTI_BOOLOPT, struct({ optval: u32, optmask: u32 })],
  fdbNLearned: [L.IFLA_BR_FDB_N_LEARNED, reported(u32)],
  fdbMaxLearned: [L.IFLA_BR_FDB_MAX_LEARNED, u32],
  stpMode: [L.IFLA_BR_STP_MODE, u32],
});
