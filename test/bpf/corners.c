// SPDX-License-Identifier: MIT
/* What is seldom, and real: a struct called as a function is, and a map whose values have a type that it does not keep. */
#include "../../bpf/helpers.h"

#define __ksym __attribute__((section(".ksyms")))

/* Its type comes before that of the function. */
struct bpf_throw {
	__u32 thrown;
};
struct bpf_throw counts;

extern void bpf_throw(__u64 cookie) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, struct bpf_throw);
} waiting SEC(".maps");

SEC("tc")
int throwing(struct __sk_buff *skb)
{
	counts.thrown++;
	if (skb->len > 20)
		bpf_throw(skb->len);
	return 0;
}

char _license[] SEC("license") = "GPL";
