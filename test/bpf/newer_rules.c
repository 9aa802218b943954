// SPDX-License-Identifier: MIT
/* What libbpf 1.1 does not know yet: hidden variables, and a program with two exception callbacks. */
#include "../../bpf/helpers.h"

__u32 secret __attribute__((visibility("hidden"))) SEC(".data.secret") = 1;

__attribute__((noinline)) int first(__u64 cookie)
{
	return cookie;
}

__attribute__((noinline)) int second(__u64 cookie)
{
	return cookie + secret;
}

SEC("tc") __attribute__((btf_decl_tag("exception_callback:first"))) __attribute__((btf_decl_tag("exception_callback:second")))
int torn(struct __sk_buff *skb __attribute__((unused)))
{
	return secret++;
}

char _license[] SEC("license") = "GPL";
