// SPDX-License-Identifier: MIT
/* A congestion control in BPF, as little of it as the kernel takes. */
#include "../../bpf/helpers.h"

struct sock;
struct rate_sample;

/* Fewer members than the kernel's, in another order. */
struct tcp_congestion_ops {
	void (*init)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
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

struct tcp_congestion_ops nlbpf_ops SEC(".struct_ops") = {
	.ssthresh = (void *)half,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)undo,
	.name = "nlbpf",
};

char _license[] SEC("license") = "GPL";
