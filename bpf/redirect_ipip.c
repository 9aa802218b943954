// SPDX-License-Identifier: MIT
/* IPv4 packets to the virtual network leave through the tunnel device, over IPv4. */
#include "tun_iface.h"
#include "vip.h"

SEC("tc")
int redirect_ipip(struct __sk_buff *skb)
{
	const struct config *settings = only(&config);
	const int *tunnel = only(&tun_iface);
	struct bpf_tunnel_key key = {};
	__be32 address;

	if (!settings || !tunnel || !to_vip4(skb, settings, &address))
		return TC_ACT_UNSPEC;
	key.remote_ipv4 = ntohl(*(const __be32 *)settings->remote4);
	key.tunnel_ttl = 64;
	if (bpf_skb_set_tunnel_key(skb, &key, TUNNEL_KEY_SIZE, 0))
		return TC_ACT_SHOT;
	trace(settings->run, "redirect daddr4:%x to ifindex:%d", ntohl(address), *tunnel);
	return bpf_redirect(*tunnel, 0);
}

char _license[] SEC("license") = "Dual MIT/GPL";
