// SPDX-License-Identifier: MIT
/* Programs that attach to types of the kernel; these load where lockdown does not forbid it. */
#include "../../bpf/helpers.h"

#define PROGRAM(section, name) SEC(section) int name(void *ctx __attribute__((unused))) { return 0; }

PROGRAM("fentry/bpf_fentry_test1", entered)
PROGRAM("fexit/bpf_fentry_test1", left)

char _license[] SEC("license") = "GPL";
