/* SPDX-License-Identifier: MIT */
/* Settings of the forward, redirect and guard programs, and their test for packets to the virtual addresses. */
#ifndef NLBPF_VIP_H
#define NLBPF_VIP_H

#include "helpers.h"

/* Addresses are bytes in network order, as on the wire. */
struct config {
	__u32 run;        /* printed at the head of every trace line */
	__u8 vip4[4];     /* the virtual IPv4 network, a /24 */
	__u8 vip6[16];    /* the virtual IPv6 network, a /64 */
	__u8 remote4[4];  /* the other end of an IPv4 tunnel */
	__u8 remote6[16]; /* the other end of an IPv6 tunnel */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} config SEC(".maps");

static __always_inline int is_vip4(const __u8 *net, __be32 address)
{
	return !((address ^ *(const __be32 *)net) & htonl(0xffffff00));
}

static __always_inline int is_vip6(const __u8 *net, const struct in6_addr *address)
{
	const __be32 *word = (const __be32 *)net;

	return address->s6_addr32[0] == word[0] && address->s6_addr32[1] == word[1];
}

/* Whether this is an IPv4 packet to the virtual network; its destination is left in *address. */
static __always_inline int to_vip4(const struct __sk_buff *skb, const struct config *config, __be32 *address)
{
	if (skb->protocol != htons(ETH_P_IP))
		return 0;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, daddr), address, sizeof(*address)))
		return 0;
	return is_vip4(config->vip4, *address);
}

/* The same for IPv6. */
static __always_inline int to_vip6(const struct __sk_buff *skb, const struct config *config, struct in6_addr *address)
{
	if (skb->protocol != htons(ETH_P_IPV6))
		return 0;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, daddr), address, sizeof(*address)))
		return 0;
	return is_vip6(config->vip6, address);
}

#endif
