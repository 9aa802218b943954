// SPDX-License-Identifier: MIT
/* Programs that attach to types of the kernel, and one that another may replace a function of. */
#include "../../bpf/helpers.h"

#define PROGRAM(section, name) SEC(section) int name(void *ctx) { return ctx == 0; }

PROGRAM("tp_btf/sched_switch", traced)
PROGRAM("iter/bpf_map", iterated)

__attribute__((noinline)) int replaceable(struct __sk_buff *skb)
{
	volatile int length = skb->len;

	return length;
}

SEC("tc")
int host(struct __sk_buff *skb)
{
	return replaceable(skb);
}

char _license[] SEC("license") = "GPL";
