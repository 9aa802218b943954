// SPDX-License-Identifier: MIT
/* Section names: known, optional, unknown, and a program in .text, which is one to be called. */
#include "../../bpf/helpers.h"

#define PROGRAM(section, name) SEC(section) int name(void *ctx) { return ctx == 0; }

PROGRAM("classifier", classify)
PROGRAM("action", act)
PROGRAM("xdp.frags", frags)
PROGRAM("?tcx/egress", optional)
PROGRAM("cgroup_skb/egress", out)
PROGRAM("tracepoint/syscalls/sys_enter_openat", point)
PROGRAM("l2_to_iptun_ingress_redirect", free_name)

int not_a_program(void *ctx)
{
	return ctx != 0;
}
