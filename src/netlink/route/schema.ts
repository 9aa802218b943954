import * as R from '../../uapi/rtnetlink.js';
import { ip, prefix } from '../../wire/address.js';
import { bytes } from '../../wire/bytes.js';
import type { Infer, InferInput } from '../../wire/codec.js';
import { be16, be32, u8, u16, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { text } from '../../wire/text.js';
import { attributes } from '../attributes.js';
import { reported, supersedes } from '../combinators.js';
import { headed } from '../message.js';
import { nexthops } from './nexthops.js';
import { via } from './via.js';

export const rtmsg = struct({
  /** AF_INET or AF_INET6. */
  family: u8,
  dstLen: u8,
  srcLen: u8,
  tos: u8,
  table: u8, // where it fits
  /** Who made the route, RTPROT_*. */
  protocol: u8,
  /** RT_SCOPE_*. */
  scope: u8,
  /** RTN_*: unicast, local, blackhole... */
  type: u8,
  /** RTNH_F_* and RTM_F_*. */
  flags: u32,
});

export const metrics = attributes({
  /** Bits of the metrics below that path discovery must not change. */
  lock: [R.RTAX_LOCK, u32],
  mtu: [R.RTAX_MTU, u32],
  window: [R.RTAX_WINDOW, u32],
  rtt: [R.RTAX_RTT, u32],
  rttvar: [R.RTAX_RTTVAR, u32],
  ssthresh: [R.RTAX_SSTHRESH, u32],
  cwnd: [R.RTAX_CWND, u32],
  advmss: [R.RTAX_ADVMSS, u32],
  reordering: [R.RTAX_REORDERING, u32],
  hoplimit: [R.RTAX_HOPLIMIT, u32],
  initcwnd: [R.RTAX_INITCWND, u32],
  features: [R.RTAX_FEATURES, u32],
  rtoMin: [R.RTAX_RTO_MIN, u32],
  initrwnd: [R.RTAX_INITRWND, u32],
  quickack: [R.RTAX_QUICKACK, u32],
  ccAlgo: [R.RTAX_CC_ALGO, text],
  fastopenNoCookie: [R.RTAX_FASTOPEN_NO_COOKIE, u32],
});

/** Source: RTA_* in include/uapi/linux/rtnetlink.h; fib_dump_info() in net/ipv4/fib_semantics.c (v6.12). */
export const routeAttributes = attributes({
  /** Destination: `10.0.0.0/24`, or `default`, which is no attribute at all. */
  dst: [R.RTA_DST, prefix('dstLen', 'default')],
  /** Source prefix that the route is for (IPv6 subtrees). */
  src: [R.RTA_SRC, prefix('srcLen')],
  iif: [R.RTA_IIF, u32],
  /** Index of the output interface. */
  oif: [R.RTA_OIF, u32],
  gateway: [R.RTA_GATEWAY, ip],
  /** Gateway of another family than the route's. */
  via: [R.RTA_VIA, via],
  /** Metric: of two routes to one prefix the lower one wins. */
  priority: [R.RTA_PRIORITY, u32],
  /** Source address that the host prefers on this route. */
  prefsrc: [R.RTA_PREFSRC, ip],
  metrics: [R.RTA_METRICS, metrics],
  /** RT_TABLE_*, 32 bits. */
  table: [R.RTA_TABLE, supersedes('table', u32, (table) => (table < 256 ? table : R.RT_TABLE_UNSPEC))],
  multipath: [R.RTA_MULTIPATH, nexthops],
  flow: [R.RTA_FLOW, u32],
  mark: [R.RTA_MARK, u32],
  pref: [R.RTA_PREF, u8],
  encapType: [R.RTA_ENCAP_TYPE, u16],
  encap: [R.RTA_ENCAP, bytes],
  /** In seconds; IPv6. */
  expires: [R.RTA_EXPIRES, u32],
  uid: [R.RTA_UID, u32],
  ttlPropagate: [R.RTA_TTL_PROPAGATE, u8],
  /** For a lookup: an IPPROTO_* number and ports. */
  ipProto: [R.RTA_IP_PROTO, u8],
  sport: [R.RTA_SPORT, be16],
  dport: [R.RTA_DPORT, be16],
  /** Id of a next hop object; Linux 5.3. */
  nhId: [R.RTA_NH_ID, u32],
  flowlabel: [R.RTA_FLOWLABEL, be32],
  cacheinfo: [
    R.RTA_CACHEINFO,
    reported(struct({ clntref: u32, lastuse: u32, expires: u32, error: u32, used: u32, id: u32, ts: u32, tsage: u32 })),
  ],
});

/** A route message: struct rtmsg, then RTA_* attributes. */
export const route = headed(rtmsg, routeAttributes);
/** A route as the kernel reports it. */
export type Route = Infer<typeof route>;
export type RouteMessage = InferInput<typeof route>;
