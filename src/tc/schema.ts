import { attributes } from '../netlink/attributes.js';
import { reported } from '../netlink/combinators.js';
import * as G from '../uapi/gen_stats.js';
import * as R from '../uapi/rtnetlink.js';
import { bytes } from '../wire/bytes.js';
import { u8, u32, u64 } from '../wire/integers.js';
import { struct } from '../wire/struct.js';
import { text } from '../wire/text.js';

/** Counters. Source: TCA_STATS_* in include/uapi/linux/gen_stats.h. */
const stats2 = attributes({
  basic: [G.TCA_STATS_BASIC, struct({ bytes: u64, packets: u32 })],
  basicHw: [G.TCA_STATS_BASIC_HW, struct({ bytes: u64, packets: u32 })],
  /** All packets, where 32 bits are not enough. */
  pkt64: [G.TCA_STATS_PKT64, u64],
  queue: [G.TCA_STATS_QUEUE, struct({ qlen: u32, backlog: u32, drops: u32, requeues: u32, overlimits: u32 })],
  rateEst: [G.TCA_STATS_RATE_EST, struct({ bps: u32, pps: u32 })],
  rateEst64: [G.TCA_STATS_RATE_EST64, struct({ bps: u64, pps: u64 })],
  app: [G.TCA_STATS_APP, bytes],
});

/** struct tc_stats: what `stats2` replaces. */
export const stats = struct({
  bytes: u64,
  packets: u32,
  drops: u32,
  overlimits: u32,
  bps: u32,
  pps: u32,
  qlen: u32,
  backlog: u32,
});

/** What qdiscs and filters have in common, besides `options`. Source: TCA_* in include/uapi/linux/rtnetlink.h. */
export const common = {
  /** 'clsact', 'bpf'... as on the wire. */
  kind: [R.TCA_KIND, text],
  /** Number of the filter chain; Linux 4.13. */
  chain: [R.TCA_CHAIN, u32],
  /** Number of the block of filters that several devices share; Linux 4.16. */
  ingressBlock: [R.TCA_INGRESS_BLOCK, u32],
  egressBlock: [R.TCA_EGRESS_BLOCK, u32],
  hwOffload: [R.TCA_HW_OFFLOAD, reported(u8)],
  stats: [R.TCA_STATS, reported(stats)],
  stats2: [R.TCA_STATS2, reported(stats2)],
  xstats: [R.TCA_XSTATS, reported(bytes)],
  fcnt: [R.TCA_FCNT, reported(u32)],
} as const;
