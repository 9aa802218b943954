// SPDX-License-Identifier: MIT
/* What nf_conntrack has where it is a module: kernel functions since Linux 5.18, and one to trace. */
#include "../../bpf/helpers.h"

#define __ksym __attribute__((section(".ksyms")))

/* Its kind has to be told, of what is in it nothing. */
struct nf_conn {
	__u32 mark;
};

struct bpf_ct_opts {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size,
					 struct bpf_ct_opts *options, __u32 options_size) __ksym;
extern void bpf_ct_release(struct nf_conn *connection) __ksym;

SEC("tc")
int tracked(struct __sk_buff *skb)
{
	struct bpf_ct_opts options = { .netns_id = -1, .l4proto = IPPROTO_TCP };
	struct bpf_sock_tuple tuple = {};
	struct nf_conn *found;

	found = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &options, sizeof(options));
	if (!found)
		return options.error;
	bpf_ct_release(found);
	return 0;
}

SEC("?fentry/nf_conntrack:nf_conntrack_in")
int traced(void *ctx __attribute__((unused)))
{
	return 0;
}

char _license[] SEC("license") = "GPL";
