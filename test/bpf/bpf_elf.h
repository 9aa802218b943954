/* SPDX-License-Identifier: MIT */
/* How iproute2's own loader has maps defined: include/bpf_elf.h of iproute2. */
#ifndef NLBPF_TEST_BPF_ELF_H
#define NLBPF_TEST_BPF_ELF_H

#define PIN_OBJECT_NS 1
#define PIN_GLOBAL_NS 2

struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
	__u32 inner_id;
	__u32 inner_idx;
};

#endif
