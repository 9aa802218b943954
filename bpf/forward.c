// SPDX-License-Identifier: MIT
/* Ingress of the underlay device: what carries IP in IPv4 or IPv6 goes to the tunnel device, as if it came in there. */
#include "tun_iface.h"
#include "vip.h"

static __always_inline int forward4(struct __sk_buff *skb, __u32 run, int tunnel)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != IPPROTO_IPIP)
		return TC_ACT_UNSPEC;
	trace(run, "forward daddr4:%x to ifindex:%d", ntohl(ip.daddr), tunnel);
	return bpf_redirect(tunnel, BPF_F_INGRESS);
}

static __always_inline int forward6(struct __sk_buff *skb, __u32 run, int tunnel)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	if (ip.nexthdr != IPPROTO_IPV6 && ip.nexthdr != IPPROTO_IPIP)
		return TC_ACT_UNSPEC;
	trace(run, "forward daddr6:..%x to ifindex:%d", ntohl(ip.daddr.s6_addr32[3]), tunnel);
	return bpf_redirect(tunnel, BPF_F_INGRESS);
}

SEC("tc")
int forward(struct __sk_buff *skb)
{
	const struct config *settings = only(&config);
	const int *tunnel = only(&tun_iface);

	if (!settings || !tunnel)
		return TC_ACT_UNSPEC;
	if (skb->protocol == htons(ETH_P_IP))
		return forward4(skb, settings->run, *tunnel);
	if (skb->protocol == htons(ETH_P_IPV6))
		return forward6(skb, settings->run, *tunnel);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual MIT/GPL";
