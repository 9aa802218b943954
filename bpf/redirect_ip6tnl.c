// SPDX-License-Identifier: MIT
/* IPv4 and IPv6 packets to the virtual networks leave through the tunnel device, over IPv6. */
#include "tun_iface.h"
#include "vip.h"

static __always_inline int leave(struct __sk_buff *skb, const struct config *settings, int tunnel)
{
	struct bpf_tunnel_key key = {};

	__builtin_memcpy(key.remote_ipv6, settings->remote6, sizeof(key.remote_ipv6));
	key.tunnel_ttl = 64;
	if (bpf_skb_set_tunnel_key(skb, &key, TUNNEL_KEY_SIZE, BPF_F_TUNINFO_IPV6))
		return TC_ACT_SHOT;
	return bpf_redirect(tunnel, 0);
}

SEC("tc")
int redirect_ip6tnl(struct __sk_buff *skb)
{
	const struct config *settings = only(&config);
	const int *tunnel = only(&tun_iface);
	struct in6_addr address6;
	__be32 address4;

	if (!settings || !tunnel)
		return TC_ACT_UNSPEC;
	if (to_vip4(skb, settings, &address4))
		trace(settings->run, "redirect daddr4:%x to ifindex:%d", ntohl(address4), *tunnel);
	else if (to_vip6(skb, settings, &address6))
		trace(settings->run, "redirect daddr6:..%x to ifindex:%d", ntohl(address6.s6_addr32[3]), *tunnel);
	else
		return TC_ACT_UNSPEC;
	return leave(skb, settings, *tunnel);
}

char _license[] SEC("license") = "Dual MIT/GPL";
