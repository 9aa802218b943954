// SPDX-License-Identifier: MIT
/*
 * Calls: programs that share a section, and functions of .text, global, hidden and static, reached by several ways. The
 * order of the functions in a loaded program is what is tested.
 */
#include "../../bpf/helpers.h"

#define __noinline __attribute__((noinline))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __noinline int leaf(__u32 index)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
	return index;
}

__attribute__((visibility("hidden"))) __noinline int second(__u32 index)
{
	return leaf(index + 1) + 2;
}

__noinline int first(__u32 index)
{
	return second(index) + leaf(index) + 1;
}

SEC("tc")
int one(struct __sk_buff *skb)
{
	return first(skb->mark) + second(skb->len);
}

SEC("tc")
int two(struct __sk_buff *skb)
{
	return second(skb->len);
}

SEC("tc")
int none(struct __sk_buff *skb)
{
	return skb->len;
}

char _license[] SEC("license") = "GPL";
