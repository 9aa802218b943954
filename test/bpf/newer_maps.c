// SPDX-License-Identifier: MIT
/* Maps of newer kernels: one without key, of Linux 5.16; and one with a number of 64 bits, which libbpf has since 1.4. */
#include "../../bpf/helpers.h"

#define __ulong(name, value) enum { name##_number = value } name

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 16);
	__type(value, __u32);
	__uint(map_extra, 3);
} bloom SEC(".maps");

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA, Linux 6.9 */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 10);
	__ulong(map_extra, 0x100000000000);
} arena SEC(".maps");
