// SPDX-License-Identifier: MIT
/* A program that changes what a kernel function returns; that has to allow it. */
#include "../../bpf/helpers.h"

#define PROGRAM(section, name) SEC(section) int name(void *ctx __attribute__((unused))) { return 0; }

PROGRAM("fmod_ret/bpf_modify_return_test", changed)

char _license[] SEC("license") = "GPL";
