// SPDX-License-Identifier: MIT
/* Refused: a field that no kernel has is used, and nothing makes sure that it is there. */
#include "core.h"

struct task_struct {
	int nlbpf_missing;
} KERNEL;

SEC("tc")
int used(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + 4 > end ? 0 : ((struct task_struct *)data)->nlbpf_missing;
}

char _license[] SEC("license") = "GPL";
