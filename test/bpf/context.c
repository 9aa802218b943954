// SPDX-License-Identifier: MIT
/* Global functions that get the context of any type of program, as the tag says; kernels since 6.8 know it. */
#include "../../bpf/helpers.h"

#define __ctx __attribute__((btf_decl_tag("arg:ctx")))

HELPER(long, get_stackid, void *ctx, void *map, __u64 flags);
HELPER(long, csum_update, struct __sk_buff *skb, __u32 csum);

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 8);
	__uint(key_size, 4);
	__uint(value_size, 80);
} stacks SEC(".maps");

__attribute__((noinline)) int stack(int flags, void *ctx __ctx)
{
	return bpf_get_stackid(ctx, &stacks, flags);
}

__attribute__((noinline)) int checksum(void *ctx __ctx, struct __sk_buff *same __ctx)
{
	return bpf_csum_update(ctx, 0) + bpf_csum_update(same, 0);
}

SEC("kprobe")
int probed(void *ctx)
{
	return stack(0, ctx);
}

SEC("raw_tp")
int traced(void *ctx)
{
	return stack(0, ctx);
}

SEC("tc")
int classified(struct __sk_buff *skb)
{
	return checksum(skb, skb);
}

char _license[] SEC("license") = "GPL";
