// SPDX-License-Identifier: MIT
/* Addresses of kernel symbols, one there and one missing, and a variable that is missing. */
#include "../../bpf/helpers.h"

#define __ksym __attribute__((section(".ksyms")))
#define __weak __attribute__((weak))

HELPER(void *, this_cpu_ptr, const void *variable);

extern const int no_such_variable __ksym __weak;
extern const void bpf_prog_free __ksym;
extern const void no_such_symbol __ksym __weak;

__u64 addresses[3];
int active;

SEC("socket")
int symbols(struct __sk_buff *skb)
{
	addresses[0] = (__u64)&bpf_prog_free;
	addresses[1] = (__u64)&no_such_symbol;
	addresses[2] = (__u64)&no_such_variable;
	if (&no_such_variable)
		active = *(int *)bpf_this_cpu_ptr(&no_such_variable);
	return skb->len;
}

char _license[] SEC("license") = "GPL";
