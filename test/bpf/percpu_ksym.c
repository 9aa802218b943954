// SPDX-License-Identifier: MIT
/* A variable of the kernel with its type; kernels without CONFIG_KALLSYMS_ALL do not find it. */
#include "../../bpf/helpers.h"

#define __ksym __attribute__((section(".ksyms")))

HELPER(void *, this_cpu_ptr, const void *variable);

extern const int bpf_prog_active __ksym;

int active;

SEC("socket")
int running(struct __sk_buff *skb)
{
	active = *(int *)bpf_this_cpu_ptr(&bpf_prog_active);
	return skb->len;
}

char _license[] SEC("license") = "GPL";
