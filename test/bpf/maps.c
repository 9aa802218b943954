// SPDX-License-Identifier: MIT
/* Maps in every form that a definition in BTF takes, with keys and values of many types, and a program that uses them. */
#include "../../bpf/helpers.h"

#define __array(name, value) typeof(value) *name[]

enum color { RED, GREEN = 7, BLUE = -1 };
enum large { LARGE = 0x1234567890ULL };

struct point {
	__s32 x, y;
};

typedef const struct point fixed_point;

struct everything {
	char name[8];
	__u8 mac[6];
	_Bool up;
	__s8 small;
	__u16 ports[3];
	enum color color;
	__u64 packets;
	__s64 offset;
	enum large large;
	fixed_point points[2];
	union {
		__u32 v4;
		__u8 v6[16];
	};
	struct {
		__u32 low : 3;
		__s32 middle : 12;
		__u32 : 4;
		__u32 high : 13;
	};
	__u64 wide : 40;
	_Bool bit : 1;
	void *pointer;
	double ratio;
	volatile int last;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct point);
	__type(value, struct everything);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__uint(key_size, 6);
	__uint(value_size, 10);
	__uint(pinning, PIN_BY_NAME);
} sizes_only SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, __u32);
	__type(value, char[16]);
} on_node SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("cgroup_skb/ingress")
int count(struct __sk_buff *skb)
{
	struct point key = { .x = skb->ifindex, .y = skb->len };
	struct everything *value = bpf_map_lookup_elem(&table, &key);
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(&outer, &zero);

	if (value)
		value->packets++;
	if (map && bpf_map_lookup_elem(map, &zero))
		return 1;
	return bpf_map_lookup_elem(&on_node, &zero) ? 0 : 1;
}
