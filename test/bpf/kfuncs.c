// SPDX-License-Identifier: MIT
/* A kernel function: there since Linux 6.2. */
#include "../../bpf/helpers.h"

#define __ksym __attribute__((section(".ksyms")))

extern void *bpf_cast_to_kern_ctx(void *) __ksym;

SEC("tc")
int calling(struct __sk_buff *skb)
{
	return !bpf_cast_to_kern_ctx(skb);
}

char _license[] SEC("license") = "GPL";
