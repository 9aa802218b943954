// SPDX-License-Identifier: MIT
/* No program: what has no section of its own is there to be called, even if nobody does. */
#include "../../bpf/helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} lonely SEC(".maps");

int function(struct __sk_buff *skb)
{
	return skb->len;
}
