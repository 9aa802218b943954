// SPDX-License-Identifier: MIT
/*
 * A tunnel device for kernels without a tunnel driver: a veth pair whose one end is the device, and these programs.
 *
 * encap_ipip or encap_ip6tnl, at the ingress of the other end: what was sent into the device leaves in an outer header,
 * through the underlay device.
 * decap, where packets from the underlay arrive: the outer header is taken off, and what was inside is sent out of the
 * other end, so that it comes in through the device.
 */
#include "helpers.h"

#define TTL 64
#define FRAGMENT 0x3fff  /* more fragments follow, or this is not the first */
#define DONT_FRAGMENT 0x4000

#define PACKET_BROADCAST 1 /* linux/if_packet.h */
#define PACKET_MULTICAST 2

/* Addresses are bytes in network order, as on the wire. */
struct tunnel {
	__u32 run;       /* printed at the head of every trace line */
	__u32 underlay;  /* interface index of the device that encapsulated packets leave by */
	__u32 other_end; /* interface index of the device's other end */
	__u8 local4[4];
	__u8 remote4[4];
	__u8 local6[16];
	__u8 remote6[16];
	__u8 mac[6];     /* of the device */
	__u8 unused[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tunnel);
} tunnel SEC(".maps");

static __always_inline int same(const void *left, const void *right, int words)
{
	const __u32 *a = left, *b = right;
	__u32 difference = 0;

	for (int i = 0; i < words; i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

/* The protocol number of what is inside: 0 when it is not for a tunnel. */
static __always_inline __u8 inner_protocol(const struct __sk_buff *skb)
{
	if (skb->pkt_type == PACKET_BROADCAST || skb->pkt_type == PACKET_MULTICAST)
		return 0;
	if (skb->protocol == htons(ETH_P_IP))
		return IPPROTO_IPIP;
	return skb->protocol == htons(ETH_P_IPV6) ? IPPROTO_IPV6 : 0;
}

/* RFC 1071 over a header without options. */
static __always_inline __sum16 checksum(const struct iphdr *ip)
{
	const __u16 *word = (const __u16 *)ip;
	__u32 sum = 0;

	for (int i = 0; i < (int)sizeof(*ip) / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

SEC("tc")
int encap_ipip(struct __sk_buff *skb)
{
	const struct tunnel *settings = only(&tunnel);
	struct iphdr ip = {};

	if (!settings || inner_protocol(skb) != IPPROTO_IPIP)
		return TC_ACT_SHOT;
	if (bpf_skb_adjust_room(skb, sizeof(ip), BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4))
		return TC_ACT_SHOT;
	ip.version = 4;
	ip.ihl = sizeof(ip) / 4;
	ip.tot_len = htons(skb->len - ETH_HLEN);
	ip.frag_off = htons(DONT_FRAGMENT);
	ip.ttl = TTL;
	ip.protocol = IPPROTO_IPIP;
	ip.saddr = *(const __be32 *)settings->local4;
	ip.daddr = *(const __be32 *)settings->remote4;
	ip.check = checksum(&ip);
	if (bpf_skb_store_bytes(skb, ETH_HLEN, &ip, sizeof(ip), 0))
		return TC_ACT_SHOT;
	trace(settings->run, "encap to daddr4:%x on ifindex:%d", ntohl(ip.daddr), settings->underlay);
	return bpf_redirect_neigh(settings->underlay, 0, 0, 0);
}

SEC("tc")
int encap_ip6tnl(struct __sk_buff *skb)
{
	const struct tunnel *settings = only(&tunnel);
	__u8 protocol = inner_protocol(skb);
	struct ipv6hdr ip = {};

	if (!settings || !protocol)
		return TC_ACT_SHOT;
	if (bpf_skb_adjust_room(skb, sizeof(ip), BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV6))
		return TC_ACT_SHOT;
	ip.version = 6;
	ip.payload_len = htons(skb->len - ETH_HLEN - sizeof(ip));
	ip.nexthdr = protocol;
	ip.hop_limit = TTL;
	__builtin_memcpy(&ip.saddr, settings->local6, sizeof(ip.saddr));
	__builtin_memcpy(&ip.daddr, settings->remote6, sizeof(ip.daddr));
	if (bpf_skb_store_bytes(skb, ETH_HLEN, &ip, sizeof(ip), 0))
		return TC_ACT_SHOT;
	trace(settings->run, "encap to daddr6:..%x on ifindex:%d", ntohl(ip.daddr.s6_addr32[3]), settings->underlay);
	return bpf_redirect_neigh(settings->underlay, 0, 0, 0);
}

/* Takes the outer header off. */
static __always_inline long shrink(struct __sk_buff *skb, __u16 outer, __u16 inner)
{
	if (outer == inner)
		return bpf_skb_adjust_room(skb, outer == ETH_P_IP ? -20 : -40, BPF_ADJ_ROOM_MAC, 0);
	/*
	 * IPv4 in IPv6. Before 6.6, adjust_room leaves skb->protocol at IPv6 and refuses to leave less than 40 bytes;
	 * change_proto takes 20 of the 40 bytes, and sets it.
	 */
	return bpf_skb_change_proto(skb, htons(ETH_P_IP), 0) || bpf_skb_adjust_room(skb, -20, BPF_ADJ_ROOM_MAC, 0);
}

/* Sends what is inside out of the other end, with a header that makes the device take it in. */
static __always_inline int unwrap(struct __sk_buff *skb, const struct tunnel *settings, __u16 outer, __u16 inner)
{
	struct ethhdr eth = {};

	if (shrink(skb, outer, inner))
		return TC_ACT_SHOT;
	eth.h_proto = htons(inner);
	__builtin_memcpy(eth.h_dest, settings->mac, sizeof(eth.h_dest));
	if (bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0))
		return TC_ACT_SHOT;
	trace(settings->run, "decap protocol:%x to ifindex:%d", inner, settings->other_end);
	return bpf_redirect(settings->other_end, 0);
}

static __always_inline int decap4(struct __sk_buff *skb, const struct tunnel *settings)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != IPPROTO_IPIP)
		return TC_ACT_UNSPEC;
	if (ip.ihl != 5 || ip.frag_off & htons(FRAGMENT))
		return TC_ACT_UNSPEC;
	if (!same(&ip.saddr, settings->remote4, 1) || !same(&ip.daddr, settings->local4, 1))
		return TC_ACT_UNSPEC;
	return unwrap(skb, settings, ETH_P_IP, ETH_P_IP);
}

static __always_inline int decap6(struct __sk_buff *skb, const struct tunnel *settings)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	if (ip.nexthdr != IPPROTO_IPIP && ip.nexthdr != IPPROTO_IPV6)
		return TC_ACT_UNSPEC;
	if (!same(&ip.saddr, settings->remote6, 4) || !same(&ip.daddr, settings->local6, 4))
		return TC_ACT_UNSPEC;
	return unwrap(skb, settings, ETH_P_IPV6, ip.nexthdr == IPPROTO_IPIP ? ETH_P_IP : ETH_P_IPV6);
}

SEC("tc")
int decap(struct __sk_buff *skb)
{
	const struct tunnel *settings = only(&tunnel);

	if (!settings)
		return TC_ACT_UNSPEC;
	if (skb->protocol == htons(ETH_P_IP))
		return decap4(skb, settings);
	if (skb->protocol == htons(ETH_P_IPV6))
		return decap6(skb, settings);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual MIT/GPL";
