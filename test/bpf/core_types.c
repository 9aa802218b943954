// SPDX-License-Identifier: MIT
/* Types as a whole, and constants of enums of 32 and 64 bits. */
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct results);
} results SEC(".maps");

struct task_struct {
	int pid;
	struct task_struct *parent;
};

struct task_struct___mismatch {
	unsigned int pid;
};

struct list_head {
	struct list_head *next, *prev;
};

union thread_union {
	struct task_struct task;
};

typedef unsigned int gfp_t;
typedef int (*initcall_t)(void);
typedef int (*initcall_t___other)(int, int);
typedef struct {
	int counter;
} atomic_t;
enum pid_type { PIDTYPE_PID };
enum pid_type___other { PIDTYPE_NONE };

enum bpf_map_type___f { BPF_MAP_TYPE_HASH___f = 100, BPF_MAP_TYPE_ARRAY___f };
enum sock_type___f { SOCK_STREAM = 10, SOCK_NLBPF_MISSING };
/* Of 64 bits in the kernel since 6.0, by its values. */
enum perf_callchain_context { PERF_CONTEXT_KERNEL = 0x1ffffffff, PERF_CONTEXT_MAX = 0x2ffffffff };

SEC("tc")
int types(struct __sk_buff *ctx)
{
	struct results *out = only(&results);

	(void)ctx;
	if (!out)
		return 0;
	out->values[0] = type_exists(struct task_struct);
	out->values[1] = type_size(struct task_struct);
	out->values[2] = type_matches(struct task_struct);
	out->values[3] = type_matches(struct task_struct___mismatch);
	out->values[4] = type_id_local(struct task_struct) != 0;
	out->values[5] = type_id_kernel(struct task_struct);
	out->values[6] = type_exists(union thread_union);
	out->values[7] = type_exists(gfp_t);
	out->values[8] = type_size(gfp_t);
	out->values[9] = type_matches(gfp_t);
	out->values[10] = type_exists(initcall_t);
	out->values[11] = type_matches(initcall_t);
	out->values[12] = type_exists(initcall_t___other);
	out->values[13] = type_matches(initcall_t___other);
	out->values[14] = type_exists(atomic_t);
	out->values[15] = type_matches(atomic_t);
	out->values[16] = type_exists(enum pid_type);
	out->values[17] = type_matches(enum pid_type);
	out->values[18] = type_exists(enum pid_type___other);
	out->values[19] = type_matches(enum pid_type___other);
	out->values[20] = type_exists(struct list_head);
	out->values[21] = type_matches(struct list_head);
	out->values[22] = type_id_kernel(struct list_head);
	return 0;
}

SEC("tc")
int enumerators(struct __sk_buff *ctx)
{
	struct results *out = only(&results);

	(void)ctx;
	if (!out)
		return 0;
	out->values[0] = enumerator_exists(enum bpf_map_type___f, BPF_MAP_TYPE_HASH___f);
	out->values[1] = enumerator_value(enum bpf_map_type___f, BPF_MAP_TYPE_HASH___f);
	out->values[2] = enumerator_value(enum bpf_map_type___f, BPF_MAP_TYPE_ARRAY___f);
	out->values[3] = enumerator_value(enum sock_type___f, SOCK_STREAM);
	out->values[4] = enumerator_exists(enum sock_type___f, SOCK_NLBPF_MISSING);
	out->values[5] = enumerator_value(enum perf_callchain_context, PERF_CONTEXT_KERNEL);
	out->values[6] = enumerator_value(enum perf_callchain_context, PERF_CONTEXT_MAX);
	return 0;
}

char _license[] SEC("license") = "GPL";
