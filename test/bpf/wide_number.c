// SPDX-License-Identifier: MIT
/* A number of 64 bits in a map definition, which libbpf has since 1.4. */
#include "../../bpf/helpers.h"

#define __ulong(name, value) enum { name##_number = value } name

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA, Linux 6.9 */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 10);
	__ulong(map_extra, 0x100000000000);
} arena SEC(".maps");
