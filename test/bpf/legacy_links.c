// SPDX-License-Identifier: MIT
/* iproute2's form of maps that know each other, and programs, by number. */
#include "../../bpf/helpers.h"
#include "bpf_elf.h"

HELPER(long, tail_call, void *ctx, void *map, __u32 index);

struct bpf_elf_map SEC("maps") jumps = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u32),
	.max_elem = 2,
	.id = 0x2a,
};

struct bpf_elf_map SEC("maps") outer = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u32),
	.max_elem = 4,
	.inner_id = 7,
};

struct bpf_elf_map SEC("maps") inner = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u32),
	.max_elem = 1,
	.id = 7,
	.inner_idx = 3,
};

SEC("0x2a/1")
int tail(struct __sk_buff *skb)
{
	__u32 index = 3;
	void *map = bpf_map_lookup_elem(&outer, &index);
	const int *value = map ? only(map) : 0;

	return value ? *value + skb->len : 0;
}

SEC("tc")
int entry(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 1);
	return -1;
}

char _license[] SEC("license") = "GPL";
