// SPDX-License-Identifier: MIT
/* A program that throws, and what is called then; since Linux 6.7. */
#include "../../bpf/helpers.h"

#define __ksym __attribute__((section(".ksyms")))

extern void bpf_throw(__u64 cookie) __ksym;

__attribute__((noinline)) static int check(__u32 length)
{
	if (length > 20)
		bpf_throw(length);
	return 0;
}

__attribute__((noinline)) int caught(__u64 cookie)
{
	return cookie + 1;
}

SEC("tc") __attribute__((btf_decl_tag("exception_callback:caught")))
int throwing(struct __sk_buff *skb)
{
	return check(skb->len);
}

char _license[] SEC("license") = "GPL";
