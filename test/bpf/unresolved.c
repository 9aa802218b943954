// SPDX-License-Identifier: MIT
/* What is missing: kernel functions, and what programs attach to; some may be told by the caller. */
#include "../../bpf/helpers.h"

#define PROGRAM(section, name) SEC(section) int name(void *ctx __attribute__((unused))) { return 0; }

PROGRAM("?fentry", aimless)
PROGRAM("?fentry/no_such_function", missed)

SEC("?freplace/replaceable")
int replacement(struct __sk_buff *skb)
{
	return skb->len + 1;
}

#define __ksym __attribute__((section(".ksyms")))
#define __weak __attribute__((weak))

extern int bpf_no_such_kfunc(int a) __ksym __weak;

SEC("tc")
int guarded(struct __sk_buff *skb)
{
	if (bpf_no_such_kfunc)
		return bpf_no_such_kfunc(skb->len);
	return 7;
}

SEC("?tc")
int unguarded(struct __sk_buff *skb)
{
	return bpf_no_such_kfunc(skb->len);
}

char _license[] SEC("license") = "GPL";
