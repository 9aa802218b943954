// SPDX-License-Identifier: MIT
/* Global variables in every section they come in, reached by symbol and by section. */
#include "../../bpf/helpers.h"

const volatile __u32 limit = 1500;
static volatile const __u64 hidden = 0x1122334455667788;
__u32 counter = 5;
static volatile __u32 scratch;
__u64 totals[4];
const char own[] SEC(".rodata.own") = "own";

SEC("socket")
int global(struct __sk_buff *skb)
{
	__u32 index = skb->len & 3;

	counter++;
	scratch = skb->len;
	__sync_fetch_and_add(&totals[index], (__u64)hidden + own[index]);
	return skb->len > limit ? limit : skb->len;
}

char _license[] SEC("license") = "Dual MIT/GPL";
__u32 _version SEC("version") = 0x050a8e;
