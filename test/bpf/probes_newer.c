// SPDX-License-Identifier: MIT
/* Probes at many places at once: of the kernel since Linux 5.18, of user space since 6.6. */
#include "../../bpf/helpers.h"

#define PROBE(section, name) SEC(section) int name(void *ctx __attribute__((unused))) { return 0; }

PROBE("?kprobe.multi/tcp_*", at_many)
PROBE("?kretprobe.multi/tcp_*", after_many)
PROBE("?uprobe.multi//proc/self/exe:main", in_many)
PROBE("?uprobe.multi.s//proc/self/exe:main", in_many_asleep)
PROBE("?usdt.s", traced_asleep)

char _license[] SEC("license") = "GPL";
