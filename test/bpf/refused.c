// SPDX-License-Identifier: MIT
/* Programs that the verifier refuses, one for each of the mistakes people make most often. */
#include "../../bpf/helpers.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

HELPER(struct bpf_sock *, sk_lookup_tcp, void *ctx, struct bpf_sock_tuple *tuple, __u32 size, __u64 netns, __u64 flags);

struct entry {
	__u64 count;
	__u32 slots[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

SEC("tc")
int out_of_bounds(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct entry *entry = bpf_map_lookup_elem(&entries, &key);

	if (!entry)
		return 0;
	return entry->slots[skb->len & 7];
}

SEC("tc")
int null_check(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	struct entry *entry = bpf_map_lookup_elem(&entries, &key);

	return entry->count;
}

SEC("tc")
int unreleased(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};

	return bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0) != (void *)0;
}

SEC("tc")
int uninitialised(struct __sk_buff *skb)
{
	int value;

	asm volatile("%0 = r7" : "=r"(value));
	return value;
}

SEC("tc")
int too_many(struct __sk_buff *skb)
{
	for (int i = 0; i < 1 << 30; i++)
		asm volatile("");
	return 0;
}

SEC("tc")
int endless(struct __sk_buff *skb)
{
	while (1)
		asm volatile("");
	return 0;
}

/* bpf_redirect is for tc, XDP and LWT. */
SEC("socket")
int forbidden_helper(struct __sk_buff *skb)
{
	return bpf_redirect(1, 0);
}

/* Refused when loaded under a licence other than the GPL. */
SEC("tc")
int gpl_only(struct __sk_buff *skb)
{
	char text[] = "text";

	return bpf_trace_printk(text, sizeof(text));
}

SEC("tc")
int packet(struct __sk_buff *skb)
{
	return *(char *)(long)skb->data;
}

SEC("cgroup_skb/ingress")
int return_value(struct __sk_buff *skb)
{
	return 5;
}

SEC("tc")
int stack(struct __sk_buff *skb)
{
	volatile char text[8] = {};

	text[skb->len & 63] = 1;
	return text[0];
}

SEC("tc")
int argument(struct __sk_buff *skb)
{
	return bpf_map_lookup_elem(&entries, (void *)1000) != (void *)0;
}

SEC("tc")
int read_only(struct __sk_buff *skb)
{
	skb->len = 5;
	return 0;
}

static __attribute__((noinline)) int deeper(struct __sk_buff *skb, struct entry *entry)
{
	return entry->slots[skb->len & 7];
}

SEC("tc")
int called(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct entry *entry = bpf_map_lookup_elem(&entries, &key);

	return entry ? deeper(skb, entry) : 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
