// SPDX-License-Identifier: MIT
/*
 * Fields of kernel structs: where they are, how large, of what sign, whether there are any. The memory that is read is a
 * map value, large enough for any struct, so that programs load which may not see the kernel's.
 */
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

struct list_head {
	struct list_head *next, *prev;
} KERNEL;

struct net_device;

/* Members in another order, and without most of them. */
struct sk_buff {
	unsigned int len, data_len;
	__u32 mark, priority;
	__u16 protocol;
	char cb[48];
	struct net_device *dev;
	__u8 pkt_type : 3;
	__u8 ip_summed : 2;
	__u8 cloned : 1;
	struct list_head list;
} KERNEL;

struct task_struct {
	int pid, tgid;
	char comm[16];
	unsigned int sched_migrated : 1;
	unsigned int in_execve : 1;
	struct task_struct *real_parent;
	struct list_head tasks;
} KERNEL;

struct in6_addr___k {
	union {
		__u8 u6_addr8[16];
		__u32 u6_addr32[4];
	} in6_u;
} KERNEL;

SEC("tc")
int loads(struct __sk_buff *ctx)
{
	struct sk_buff *skb = only(&memory);
	struct task_struct *task = (void *)skb;
	struct in6_addr___k *address = (void *)skb;
	struct results *out = only(&results);

	(void)ctx;
	if (!skb || !out)
		return 0;
	out->values[0] = skb->len;
	out->values[1] = skb->data_len;
	out->values[2] = skb->mark;
	out->values[3] = skb->protocol;
	out->values[4] = skb->cb[5];
	out->values[5] = (__u64)skb->dev;
	out->values[6] = (__u64)skb->list.prev;
	out->values[7] = task->pid;
	out->values[8] = task->comm[3];
	out->values[9] = (__u64)task->real_parent;
	out->values[10] = (__u64)task->tasks.next;
	out->values[11] = address->in6_u.u6_addr32[2];
	out->values[12] = address[3].in6_u.u6_addr8[1];
	return 0;
}

SEC("tc")
int stores(struct __sk_buff *ctx)
{
	struct sk_buff *skb = only(&memory);

	if (!skb)
		return 0;
	skb->mark = ctx->mark;
	skb->priority = 7;
	skb->cb[2] = ctx->len;
	skb->protocol = ctx->protocol;
	return 0;
}

/* The address of a field, as one would give to bpf_probe_read_kernel. */
SEC("tc")
int addresses(struct __sk_buff *ctx)
{
	struct task_struct *task = only(&memory);
	struct results *out = only(&results);

	(void)ctx;
	if (!task || !out)
		return 0;
	__builtin_memcpy(out->values, &task->comm, sizeof(task->comm));
	out->values[2] = __builtin_preserve_access_index(&task->tasks)->next != 0;
	return 0;
}

SEC("tc")
int facts(struct __sk_buff *ctx)
{
	struct sk_buff *skb = (void *)0;
	struct task_struct *task = (void *)0;
	struct results *out = only(&results);

	(void)ctx;
	if (!out)
		return 0;
	out->values[0] = field_offset(skb->len);
	out->values[1] = field_size(skb->len);
	out->values[2] = field_exists(skb->len);
	out->values[3] = field_signed(skb->len);
	out->values[4] = field_lshift(skb->len);
	out->values[5] = field_rshift(skb->len);
	out->values[6] = field_size(skb->cb);
	out->values[7] = field_offset(skb->cb[7]);
	out->values[8] = field_size(skb->cb[7]);
	out->values[9] = field_exists(skb->cb[7]);
	out->values[10] = field_signed(task->pid);
	out->values[11] = field_offset(task->comm);
	out->values[12] = field_size(task->comm);
	out->values[13] = field_offset(task->tasks.prev);
	return 0;
}

SEC("tc")
int bit_fields(struct __sk_buff *ctx)
{
	struct sk_buff *skb = (void *)0;
	struct task_struct *task = (void *)0;
	struct results *out = only(&results);

	(void)ctx;
	if (!out)
		return 0;
#define FACTS(at, field)                                \
	do {                                            \
		out->values[at] = field_offset(field);  \
		out->values[at + 1] = field_size(field);    \
		out->values[at + 2] = field_exists(field);  \
		out->values[at + 3] = field_signed(field);  \
		out->values[at + 4] = field_lshift(field);  \
		out->values[at + 5] = field_rshift(field);  \
	} while (0)
	FACTS(0, skb->pkt_type);
	FACTS(6, skb->ip_summed);
	FACTS(12, skb->cloned);
	FACTS(18, task->sched_migrated);
	return 0;
}

char _license[] SEC("license") = "GPL";
