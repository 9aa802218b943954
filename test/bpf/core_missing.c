// SPDX-License-Identifier: MIT
/* What no kernel has: whether it is there is 0, and what uses it is dead code. Flavours stand for one struct. */
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct results);
} results SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 32768);
} memory SEC(".maps");

struct task_struct {
	int pid;
	int nlbpf_missing;
} KERNEL;

struct task_struct___other {
	int tgid;
	/* Of another kind than the kernel's. */
	struct {
		int x;
	} comm;
	/* Of another size, and signed. */
	long pid;
} KERNEL;

/* Of another size, and unsigned: the load is made to fit. */
struct sk_buff___wide {
	__u64 len;
	__u64 mark;
	__u8 hash;
} KERNEL;

struct nlbpf_missing {
	int a;
	char b[4];
} KERNEL;

enum nlbpf_missing_enum { NLBPF_MISSING_A = 1 };
enum bpf_map_type___x { BPF_MAP_TYPE_NLBPF_MISSING = 77, BPF_MAP_TYPE_HASH___y = 1000 };

SEC("tc")
int absent(struct __sk_buff *ctx)
{
	struct task_struct *task = only(&memory);
	struct nlbpf_missing *missing = (void *)task;
	struct task_struct___other *other = (void *)task;
	struct results *out = only(&results);

	(void)ctx;
	if (!task || !out)
		return 0;
	out->values[0] = field_exists(task->nlbpf_missing);
	out->values[1] = field_exists(missing->a);
	out->values[2] = field_exists(missing->b[2]);
	out->values[3] = type_exists(struct nlbpf_missing);
	out->values[4] = type_size(struct nlbpf_missing);
	out->values[5] = type_id_kernel(struct nlbpf_missing);
	out->values[6] = type_matches(struct nlbpf_missing);
	out->values[7] = enumerator_exists(enum nlbpf_missing_enum, NLBPF_MISSING_A);
	out->values[8] = enumerator_exists(enum bpf_map_type___x, BPF_MAP_TYPE_NLBPF_MISSING);
	out->values[9] = field_exists(other->comm);
	if (field_exists(task->nlbpf_missing))
		out->values[10] = task->nlbpf_missing;
	if (field_exists(missing->a)) {
		out->values[11] = field_offset(missing->a);
		out->values[12] = field_size(missing->b);
		missing->a = 5;
	}
	if (enumerator_exists(enum bpf_map_type___x, BPF_MAP_TYPE_NLBPF_MISSING))
		out->values[13] = enumerator_value(enum bpf_map_type___x, BPF_MAP_TYPE_NLBPF_MISSING);
	if (field_exists(other->comm))
		out->values[14] = other->comm.x;
	/* Of one name with the kernel's, and a size that cannot be read so. */
	if (type_exists(struct nlbpf_missing))
		out->values[15] = other->pid;
	return 0;
}

SEC("tc")
int flavours(struct __sk_buff *ctx)
{
	struct task_struct *task = only(&memory);
	struct task_struct___other *other = (void *)task;
	struct sk_buff___wide *wide = (void *)task;
	struct results *out = only(&results);

	(void)ctx;
	if (!task || !out)
		return 0;
	out->values[0] = task->pid;
	out->values[1] = other->tgid;
	out->values[2] = wide->len;
	out->values[3] = wide->hash;
	wide->mark = 3;
	out->values[4] = type_size(struct sk_buff___wide);
	out->values[5] = enumerator_value(enum bpf_map_type___x, BPF_MAP_TYPE_HASH___y);
	return 0;
}

char _license[] SEC("license") = "GPL";
