/**
 * Names and addresses, as in the picture of docs/demo.md:
 *
 *   ns1: vens1 -- ve1 :host: ve2 -- vens2 :ns2
 *                      tun1            tun2, virtual addresses on lo
 */
export const NAMES = { host: 'host', ns1: 'ns1', ns2: 'ns2' } as const;

export const DEVICES = {
  ve1: 've1',
  vens1: 'vens1',
  ve2: 've2',
  vens2: 'vens2',
  tun1: 'tun1',
  tun2: 'tun2',
} as const;

/** Each with the length of its network's prefix. */
export const ADDRESSES = {
  ve1: ['10.1.1.1/24', '2401:db01::1/64'],
  vens1: ['10.1.1.101/24', '2401:db01::65/64'],
  ve2: ['10.2.1.1/24', '2401:db02::1/64'],
  vens2: ['10.2.1.102/24', '2401:db02::66/64'],
} as const;

/** The virtual addresses that ns2 answers for, and the networks that are taken through the tunnel. */
export const VIP4 = '10.10.1.102';
export const VIP6 = '2401:face::66';
export const VIP4_NET = '10.10.1.0';
export const VIP6_NET = '2401:face::';

/** The networks that ns1 is in. */
export const CLIENT4_NET = '10.1.1.0/24';
export const CLIENT6_NET = '2401:db01::/64';

/** An address without its prefix length. */
export const bare = (address: string): string => address.slice(0, address.indexOf('/'));

/** The tunnel's two ends: the host's, then ns2's. */
export const OUTER = {
  ipip: [bare(ADDRESSES.ve2[0]), bare(ADDRESSES.vens2[0])],
  ip6tnl: [bare(ADDRESSES.ve2[1]), bare(ADDRESSES.vens2[1])],
} as const;

export const PIN_DIRECTORY = '/sys/fs/bpf/tc/globals';
