// SPDX-License-Identifier: MIT
/* What depends on the running kernel: a CO-RE relocation, a kernel function, and a weak symbol. */
#include "../../bpf/helpers.h"

struct sk_buff {
	unsigned int len;
} __attribute__((preserve_access_index));

#define KSYM __attribute__((section(".ksyms")))

extern int bpf_some_kfunc(struct __sk_buff *skb) KSYM;
extern const int some_symbol KSYM __attribute__((weak));

SEC("raw_tp/consume_skb")
int relocated(unsigned long long *args)
{
	return ((struct sk_buff *)args[0])->len;
}

SEC("tc")
int calling(struct __sk_buff *skb)
{
	return bpf_some_kfunc(skb) + (&some_symbol != 0);
}
