// SPDX-License-Identifier: MIT
/*
 * An object of usual size: 24 programs that are all fitted to the kernel, with maps and global data. The benchmark loads
 * it. As in core_fields.c, the memory read is a map value.
 */
#include "core.h"

struct event {
	__u64 time;
	__u32 pid, ifindex, length, mark;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct event);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 32768);
} memory SEC(".maps");

const volatile __u32 wanted = 7;
__u64 runs;

struct net_device {
	int ifindex;
	unsigned int mtu, flags;
} KERNEL;

struct sock_common {
	__u16 skc_family;
	__u32 skc_daddr, skc_rcv_saddr;
} KERNEL;

struct sock {
	struct sock_common __sk_common;
	int sk_rcvbuf;
} KERNEL;

struct sk_buff {
	unsigned int len, data_len;
	__u32 mark, priority, hash;
	__u16 protocol;
	struct net_device *dev;
	struct sock *sk;
} KERNEL;

struct task_struct {
	int pid, tgid, prio;
	char comm[16];
	struct task_struct *real_parent;
} KERNEL;

struct sk_buff___unknown {
	int no_such_member;
} KERNEL;

enum bpf_map_type___kernel {
	BPF_MAP_TYPE_RINGBUF___kernel = 27,
};

static __always_inline int one(__u32 number)
{
	struct sk_buff *skb = only(&memory);
	struct task_struct *task = only(&memory);
	struct net_device *dev = only(&memory);
	struct sock *sk = only(&memory);
	struct event *event = bpf_map_lookup_elem(&events, &number);

	if (!skb || !task || !dev || !sk || !event)
		return 0;
	runs++;
	event->pid = task->pid + task->tgid + task->prio + task->comm[number & 7];
	event->ifindex = dev->ifindex + dev->mtu + dev->flags;
	event->length = skb->len + skb->data_len + skb->protocol + skb->priority;
	event->mark = skb->mark == wanted ? skb->hash : skb->mark;
	event->time = sk->__sk_common.skc_family + sk->__sk_common.skc_daddr + sk->sk_rcvbuf;
	if (field_exists(((struct sk_buff___unknown *)skb)->no_such_member))
		event->time += ((struct sk_buff___unknown *)skb)->no_such_member;
	if (enumerator_exists(enum bpf_map_type___kernel, BPF_MAP_TYPE_RINGBUF___kernel))
		event->time += type_size(struct net_device) + field_offset(skb->dev) + field_size(task->comm);
	return number;
}

#define PROGRAM(number)                              \
	SEC("tc") int many_##number(struct __sk_buff *ctx) \
	{                                            \
		return one(number + ctx->len % 4);  \
	}
#define EIGHT(tens)                                                                                   \
	PROGRAM(tens##0)                                                                              \
	PROGRAM(tens##1)                                                                              \
	PROGRAM(tens##2)                                                                              \
	PROGRAM(tens##3) PROGRAM(tens##4) PROGRAM(tens##5) PROGRAM(tens##6) PROGRAM(tens##7)

EIGHT(1)
EIGHT(2)
EIGHT(3)
