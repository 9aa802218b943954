// SPDX-License-Identifier: MIT
/* A function whose address is taken (Linux 5.17), and that calls another. */
#include "../../bpf/helpers.h"

#define __noinline __attribute__((noinline))

HELPER(long, loop, __u32 count, void *callback, void *context, __u64 flags);

static __noinline int leaf(__u32 index)
{
	return index * 3;
}

static __noinline int each(__u32 index, void *context)
{
	*(__u32 *)context += leaf(index & 3);
	return 0;
}

SEC("xdp")
int looping(struct xdp_md *ctx)
{
	__u32 sum = ctx->ingress_ifindex;

	bpf_loop(4, each, &sum, 0);
	return sum ? XDP_PASS : leaf(0);
}

char _license[] SEC("license") = "GPL";
