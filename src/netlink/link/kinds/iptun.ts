import * as T from '../../../uapi/if_tunnel.js';
import { ipv4, ipv6 } from '../../../wire/address.js';
import { be16, be32, bool, flag, u8, u16, u32 } from '../../../wire/integers.js';
import { attributes } from '../../attributes.js';

/** FOU or GUE around the tunnel's packets; `encapType` is TUNNEL_ENCAP_*. */
const encap = {
  encapType: [T.IFLA_IPTUN_ENCAP_TYPE, u16],
  encapFlags: [T.IFLA_IPTUN_ENCAP_FLAGS, u16],
  encapSport: [T.IFLA_IPTUN_ENCAP_SPORT, be16],
  encapDport: [T.IFLA_IPTUN_ENCAP_DPORT, be16],
} as const;

/**
 * Settings of an IPv4 tunnel that carries IPv4 (`proto` 4), IPv6 or MPLS.
 *
 * Source: IFLA_IPTUN_* in include/uapi/linux/if_tunnel.h; net/ipv4/ipip.c (v6.12).
 */
export const ipip = attributes({
  /** Index of the device that the tunnel's packets leave by. */
  link: [T.IFLA_IPTUN_LINK, u32],
  local: [T.IFLA_IPTUN_LOCAL, ipv4],
  remote: [T.IFLA_IPTUN_REMOTE, ipv4],
  /** 0: from the inner packet. */
  ttl: [T.IFLA_IPTUN_TTL, u8],
  tos: [T.IFLA_IPTUN_TOS, u8],
  /** An IPPROTO_* number of what is carried; 0 for any. */
  proto: [T.IFLA_IPTUN_PROTO, u8],
  pmtudisc: [T.IFLA_IPTUN_PMTUDISC, bool],
  ...encap,
  /** `external` of ip-link(8): the tunnel's addresses come with each packet (bpf_skb_set_tunnel_key). Linux 4.9. */
  collectMetadata: [T.IFLA_IPTUN_COLLECT_METADATA, flag],
  fwmark: [T.IFLA_IPTUN_FWMARK, u32],
});

/**
 * Settings of an IPv6 tunnel that carries IPv6 (`proto` 41), IPv4 (4) or either (0).
 *
 * Source: IFLA_IPTUN_* in include/uapi/linux/if_tunnel.h; net/ipv6/ip6_tunnel.c (v6.12).
 */
export const ip6tnl = attributes({
  link: [T.IFLA_IPTUN_LINK, u32],
  local: [T.IFLA_IPTUN_LOCAL, ipv6],
  remote: [T.IFLA_IPTUN_REMOTE, ipv6],
  ttl: [T.IFLA_IPTUN_TTL, u8],
  encapLimit: [T.IFLA_IPTUN_ENCAP_LIMIT, u8],
  flowinfo: [T.IFLA_IPTUN_FLOWINFO, be32],
  /** IP6_TNL_F_*; here 32 bits in host byte order, unlike the flags of sit. */
  flags: [T.IFLA_IPTUN_FLAGS, u32],
  proto: [T.IFLA_IPTUN_PROTO, u8],
  ...encap,
  /** `external` of ip-link(8). Linux 4.9. */
  collectMetadata: [T.IFLA_IPTUN_COLLECT_METADATA, flag],
  fwmark: [T.IFLA_IPTUN_FWMARK, u32],
});
