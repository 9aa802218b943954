// SPDX-License-Identifier: MIT
/*
 * An object in the form that iproute2's own loader reads: map definitions as structs in section "maps", pinned by
 * scope, and sections of any name. Built with and without debug information (legacy_maps.nobtf.o).
 */
#include "../../bpf/helpers.h"
#include "bpf_elf.h"

struct bpf_elf_map SEC("maps") tun_iface = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(int),
	.max_elem = 1,
	.pinning = PIN_GLOBAL_NS,
};

/* Not pinned; a second map, at an offset other than 0 of the section. */
struct bpf_elf_map SEC("maps") packets = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u64),
	.max_elem = 8,
};

SEC("l2_to_iptun_ingress_forward")
int ingress_forward(struct __sk_buff *skb)
{
	const int *tunnel = only(&tun_iface);
	struct iphdr ip;

	if (!tunnel || skb->protocol != htons(ETH_P_IP) || bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_OK;
	return ip.protocol == IPPROTO_IPIP ? bpf_redirect(*tunnel, BPF_F_INGRESS) : TC_ACT_OK;
}

static __always_inline long set_key(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = {};

	key.remote_ipv4 = 0x0a020166;
	key.tunnel_ttl = 64;
	return bpf_skb_set_tunnel_key(skb, &key, TUNNEL_KEY_SIZE, 0);
}

SEC("l2_to_iptun_ingress_redirect")
int ingress_redirect(struct __sk_buff *skb)
{
	const int *tunnel = only(&tun_iface);
	__u32 mark = skb->mark;
	__u64 *seen = bpf_map_lookup_elem(&packets, &mark);

	if (seen)
		__sync_fetch_and_add(seen, 1);
	if (!tunnel || skb->protocol != htons(ETH_P_IP) || set_key(skb))
		return TC_ACT_OK;
	return bpf_redirect(*tunnel, 0);
}

char _license[] SEC("license") = "Dual MIT/GPL";
