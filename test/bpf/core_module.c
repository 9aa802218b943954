// SPDX-License-Identifier: MIT
/* Types that many kernels have in a module, nf_conntrack, and that may not be there at all. */
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct results);
} results SEC(".maps");

struct nf_conn {
	unsigned long status;
	__u32 timeout;
} KERNEL;

struct nf_conntrack_net {
	int expect_count;
} KERNEL;

SEC("tc")
int module(struct __sk_buff *ctx)
{
	struct nf_conn *connection = (void *)0;
	struct nf_conntrack_net *net = (void *)0;
	struct results *out = only(&results);

	(void)ctx;
	if (!out)
		return 0;
	out->values[0] = type_exists(struct nf_conntrack_net);
	out->values[1] = type_size(struct nf_conntrack_net);
	out->values[2] = type_id_kernel(struct nf_conntrack_net);
	out->values[3] = field_exists(net->expect_count);
	out->values[4] = field_exists(connection->status);
	if (field_exists(connection->status))
		out->values[5] = field_offset(connection->status);
	if (field_exists(connection->timeout))
		out->values[6] = field_offset(connection->timeout);
	return 0;
}

char _license[] SEC("license") = "GPL";
