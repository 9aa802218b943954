import * as L from '../../../uapi/if_link.js';
import { ipv4, ipv6 } from '../../../wire/address.js';
import { bytes } from '../../../wire/bytes.js';
import type { Codec } from '../../../wire/codec.js';
import { be16, be32, bool, flag, u8, u32 } from '../../../wire/integers.js';
import { struct } from '../../../wire/struct.js';
import { attributes } from '../../attributes.js';
import { reported } from '../../combinators.js';

/** Sent as a flag, reported as a byte that says yes or no (vxlan_fill_info(), v6.12). */
const ttlInherit: Codec<boolean> = {
  ...flag,
  absent: false,
  decode: (reader, start, end) => end === start || reader.bytes[start] !== 0,
};

/**
 * Settings of a VXLAN device. Times in seconds.
 *
 * Source: IFLA_VXLAN_* in include/uapi/linux/if_link.h; drivers/net/vxlan/vxlan_core.c (v6.12).
 */
export const vxlan = attributes({
  /** VNI, 24 bits. */
  id: [L.IFLA_VXLAN_ID, u32],
  /** Multicast group or default remote. */
  group: [L.IFLA_VXLAN_GROUP, ipv4],
  group6: [L.IFLA_VXLAN_GROUP6, ipv6],
  link: [L.IFLA_VXLAN_LINK, u32],
  local: [L.IFLA_VXLAN_LOCAL, ipv4],
  local6: [L.IFLA_VXLAN_LOCAL6, ipv6],
  tos: [L.IFLA_VXLAN_TOS, u8],
  ttl: [L.IFLA_VXLAN_TTL, u8],
  ttlInherit: [L.IFLA_VXLAN_TTL_INHERIT, ttlInherit],
  label: [L.IFLA_VXLAN_LABEL, be32],
  df: [L.IFLA_VXLAN_DF, u8],
  learning: [L.IFLA_VXLAN_LEARNING, bool],
  ageing: [L.IFLA_VXLAN_AGEING, u32],
  /** Most entries of the forwarding database; 0 for no limit. */
  limit: [L.IFLA_VXLAN_LIMIT, u32],
  portRange: [L.IFLA_VXLAN_PORT_RANGE, struct({ low: be16, high: be16 })],
  proxy: [L.IFLA_VXLAN_PROXY, bool],
  rsc: [L.IFLA_VXLAN_RSC, bool],
  l2miss: [L.IFLA_VXLAN_L2MISS, bool],
  l3miss: [L.IFLA_VXLAN_L3MISS, bool],
  /** UDP destination port; IANA's is 4789, the kernel's default 8472. */
  port: [L.IFLA_VXLAN_PORT, be16],
  udpCsum: [L.IFLA_VXLAN_UDP_CSUM, bool],
  udpZeroCsum6Tx: [L.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, bool],
  udpZeroCsum6Rx: [L.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, bool],
  remcsumTx: [L.IFLA_VXLAN_REMCSUM_TX, bool],
  remcsumRx: [L.IFLA_VXLAN_REMCSUM_RX, bool],
  gbp: [L.IFLA_VXLAN_GBP, flag],
  gpe: [L.IFLA_VXLAN_GPE, flag],
  remcsumNopartial: [L.IFLA_VXLAN_REMCSUM_NOPARTIAL, flag],
  /** `external` of ip-link(8); here a byte, not the flag it is for IP tunnels. */
  collectMetadata: [L.IFLA_VXLAN_COLLECT_METADATA, bool],
  vnifilter: [L.IFLA_VXLAN_VNIFILTER, bool],
  localbypass: [L.IFLA_VXLAN_LOCALBYPASS, bool],
  labelPolicy: [L.IFLA_VXLAN_LABEL_POLICY, u32],
  /** A VXLAN header whose bits must be 0; refused beside `remcsumRx` and `gbp`, even off, that are reported with it. */
  reservedBits: [L.IFLA_VXLAN_RESERVED_BITS, reported(bytes)],
  mcRoute: [L.IFLA_VXLAN_MC_ROUTE, bool],
});
