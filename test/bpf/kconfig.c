// SPDX-License-Identifier: MIT
/* Settings of the kernel's build, in every type they come in; those that no kernel has are weak. */
#include "../../bpf/helpers.h"

#define __kconfig __attribute__((section(".kconfig")))
#define __weak __attribute__((weak))

enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
extern __u8 LINUX_HAS_SYSCALL_WRAPPER __kconfig __weak;
extern int LINUX_HAS_NO_SUCH_THING __kconfig __weak;
extern _Bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_NET __kconfig;
extern char CONFIG_INET __kconfig;
extern __u32 CONFIG_HZ __kconfig;
extern __u64 CONFIG_NR_CPUS __kconfig;
extern char CONFIG_CC_VERSION_TEXT[8] __kconfig;
extern short CONFIG_NO_SUCH_SETTING __kconfig __weak;

__u64 sum;

SEC("socket")
int settings(struct __sk_buff *skb)
{
	sum = skb->len + LINUX_HAS_BPF_COOKIE + LINUX_HAS_SYSCALL_WRAPPER + LINUX_HAS_NO_SUCH_THING + CONFIG_BPF_SYSCALL +
	      CONFIG_NET + CONFIG_INET + CONFIG_HZ + CONFIG_NR_CPUS + CONFIG_CC_VERSION_TEXT[0] +
	      CONFIG_NO_SUCH_SETTING;
	return LINUX_KERNEL_VERSION;
}

char _license[] SEC("license") = "Dual MIT/GPL";
