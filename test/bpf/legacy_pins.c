// SPDX-License-Identifier: MIT
/* iproute2's form of a map that is pinned in a folder of the object's own, which is called by the hash of the file. */
#include "../../bpf/helpers.h"
#include "bpf_elf.h"

struct bpf_elf_map SEC("maps") own = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u32),
	.max_elem = 1,
	.pinning = PIN_OBJECT_NS,
};

SEC("tc")
int counted(struct __sk_buff *skb)
{
	__u32 *count = only(&own);

	if (count)
		*count += skb->len;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
