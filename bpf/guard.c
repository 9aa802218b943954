// SPDX-License-Identifier: MIT
/* Ingress of the far end: packets to the virtual networks that did not come in a tunnel are dropped, and counted. */
#include "vip.h"

enum verdict { PASSED, DROPPED, VERDICTS };

/* Packets, by verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VERDICTS);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline void count(__u32 verdict)
{
	__u64 *packets = bpf_map_lookup_elem(&verdicts, &verdict);

	if (packets)
		__sync_fetch_and_add(packets, 1);
}

SEC("tc")
int guard(struct __sk_buff *skb)
{
	const struct config *settings = only(&config);
	struct in6_addr address6;
	__be32 address4;

	if (!settings)
		return TC_ACT_UNSPEC;
	if (to_vip4(skb, settings, &address4)) {
		trace(settings->run, "guard drops daddr4:%x", ntohl(address4));
	} else if (to_vip6(skb, settings, &address6)) {
		trace(settings->run, "guard drops daddr6:..%x", ntohl(address6.s6_addr32[3]));
	} else {
		count(PASSED);
		return TC_ACT_UNSPEC;
	}
	count(DROPPED);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual MIT/GPL";
