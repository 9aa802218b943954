// SPDX-License-Identifier: MIT
/* A struct of functions that is there when asked for, of an older form of the struct. */
#include "../../bpf/helpers.h"

struct sock;

struct tcp_congestion_ops___old {
	__u32 (*ssthresh)(struct sock *sk);
	void (*no_longer_there)(void);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	char name[16];
};

SEC("struct_ops/ssthresh")
__u32 half(__u64 *ctx __attribute__((unused)))
{
	return 2;
}

SEC("struct_ops/cong_avoid")
void avoid(__u64 *ctx __attribute__((unused)))
{
}

SEC("struct_ops/undo_cwnd")
__u32 undo(__u64 *ctx __attribute__((unused)))
{
	return 10;
}

struct tcp_congestion_ops___old optional SEC("?.struct_ops.link") = {
	.ssthresh = (void *)half,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)undo,
	.name = "nlbpf_optional",
};

char _license[] SEC("license") = "GPL";
