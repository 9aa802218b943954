// SPDX-License-Identifier: MIT
/*
 * The other structs that maps were defined by: that of libbpf before 1.0, and that of iproute2 before it had inner maps,
 * which the kernel's sample tc_l2_redirect has.
 */
#include "../../bpf/helpers.h"

#define PIN_GLOBAL_NS 2

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
};

struct bpf_map_def SEC("maps") plain = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u64),
	.max_entries = 3,
	.map_flags = BPF_F_NO_PREALLOC,
};

/* How such a map was given types. */
struct ____btf_map_plain {
	__u32 key;
	__u64 value;
};

struct ____btf_map_plain SEC(".maps.plain") ____btf_map_plain = {};

struct bpf_elf_map SEC("maps") tun_iface = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(int),
	.size_value = sizeof(int),
	.pinning = PIN_GLOBAL_NS,
	.max_elem = 1,
};

SEC("tc")
int both(struct __sk_buff *skb)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&plain, &zero) && bpf_map_lookup_elem(&tun_iface, &zero) ? 0 : (int)skb->len;
}
