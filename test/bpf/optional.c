// SPDX-License-Identifier: MIT
/* A map that need not be created, behind a constant that says whether it is; and data that need not. */
#include "../../bpf/helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} extra SEC(".maps");

const volatile __u8 with_extra = 1;
__u32 tallies[4] SEC(".data.tallies");

SEC("tc")
int counting(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	if (!with_extra)
		return 7;
	tallies[length & 3]++;
	return bpf_map_lookup_elem(&extra, &length) != 0;
}

char _license[] SEC("license") = "GPL";
