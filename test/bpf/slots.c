// SPDX-License-Identifier: MIT
/* Maps that hold maps and programs from the start. */
#include "../../bpf/helpers.h"

#define __array(name, value) typeof(value) *name[]

HELPER(long, tail_call, void *ctx, void *programs, __u32 index);

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} one SEC(".maps"), two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &one, [3] = &two } };

SEC("tc")
int called(struct __sk_buff *skb)
{
	return skb->len == 0 ? 1 : 42;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct __sk_buff *));
} programs SEC(".maps") = { .values = { [2] = &called } };

SEC("tc")
int calling(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &programs, 2);
	return 7;
}
