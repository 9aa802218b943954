import { IFNAMSIZ } from '../../uapi/if.js';
import * as A from '../../uapi/if_addr.js';
import { ip, prefix } from '../../wire/address.js';
import type { Infer, InferInput } from '../../wire/codec.js';
import { s32, u8, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { textUpTo } from '../../wire/text.js';
import { attributes } from '../attributes.js';
import { reported, supersedes } from '../combinators.js';
import { headed } from '../message.js';

export const ifaddrmsg = struct({
  /** AF_INET or AF_INET6. */
  family: u8,
  prefixlen: u8,
  flags: u8, // the lower 8 bits of IFA_F_*
  /** RT_SCOPE_*. */
  scope: u8,
  /** Index of the link that has the address. */
  index: u32,
});

/** Seconds; 0xffffffff is for ever. `cstamp` and `tstamp`, in 1/100 s since boot, are only reported. */
const cacheinfo = struct({ prefered: u32, valid: u32, cstamp: u32, tstamp: u32 });

/** Source: IFA_* in include/uapi/linux/if_addr.h; inet_fill_ifaddr() in net/ipv4/devinet.c (v6.12). */
export const addressAttributes = attributes({
  /** The address with its prefix length; on a point-to-point link that of the peer. */
  address: [A.IFA_ADDRESS, prefix('prefixlen')],
  /** The link's own address: always sent for IPv4, for IPv6 only beside a peer. */
  local: [A.IFA_LOCAL, ip],
  broadcast: [A.IFA_BROADCAST, ip],
  anycast: [A.IFA_ANYCAST, reported(ip)],
  multicast: [A.IFA_MULTICAST, reported(ip)],
  label: [A.IFA_LABEL, textUpTo(IFNAMSIZ - 1)],
  /** IFA_F_*, all 32 bits. */
  flags: [A.IFA_FLAGS, supersedes('flags', u32, (flags) => flags & 0xff)],
  /** Metric of the prefix route. */
  rtPriority: [A.IFA_RT_PRIORITY, u32],
  targetNetnsid: [A.IFA_TARGET_NETNSID, s32],
  /** Where it comes from, IFAPROT_*; Linux 5.18. */
  proto: [A.IFA_PROTO, u8],
  cacheinfo: [A.IFA_CACHEINFO, cacheinfo],
});

/** An address message: struct ifaddrmsg, then IFA_* attributes. */
export const address = headed(ifaddrmsg, addressAttributes);
/** An IPv4 or IPv6 address of a link as the kernel reports it. */
export type Address = Infer<typeof address>;
export type AddressMessage = InferInput<typeof address>;
