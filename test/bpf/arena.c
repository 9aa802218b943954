// SPDX-License-Identifier: MIT
/* Memory that programs and user space share, with global variables in it; since Linux 6.9. */
#include "../../bpf/helpers.h"

#define __ulong(name, value) enum { name##_number = value } name
#define __arena __attribute__((address_space(1)))

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
	__ulong(map_extra, 0x100000000000);
} arena SEC(".maps");

struct point {
	__u32 x;
	__u32 y;
};

struct point __arena where = { .x = 3, .y = 4 };
__u64 __arena runs;

SEC("syscall")
int moved(void *ctx __attribute__((unused)))
{
	where.x += 10;
	runs++;
	return where.x + where.y;
}

char _license[] SEC("license") = "GPL";
