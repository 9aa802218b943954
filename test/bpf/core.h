/* SPDX-License-Identifier: MIT */
/* What the CO-RE programs share: the builtins under their usual names, and memory that looks like kernel structs. */
#ifndef NLBPF_TEST_CORE_H
#define NLBPF_TEST_CORE_H

#include "../../bpf/helpers.h"

/* Of the kernel, and so of whatever layout the running one has. */
#define KERNEL __attribute__((preserve_access_index))

#define field_offset(f) __builtin_preserve_field_info(f, 0)
#define field_size(f) __builtin_preserve_field_info(f, 1)
#define field_exists(f) __builtin_preserve_field_info(f, 2)
#define field_signed(f) __builtin_preserve_field_info(f, 3)
#define field_lshift(f) __builtin_preserve_field_info(f, 4)
#define field_rshift(f) __builtin_preserve_field_info(f, 5)

#define type_id_local(t) __builtin_btf_type_id(*(typeof(t) *)0, 0)
#define type_id_kernel(t) __builtin_btf_type_id(*(typeof(t) *)0, 1)
#define type_exists(t) __builtin_preserve_type_info(*(typeof(t) *)0, 0)
#define type_size(t) __builtin_preserve_type_info(*(typeof(t) *)0, 1)
#define type_matches(t) __builtin_preserve_type_info(*(typeof(t) *)0, 2)

#define enumerator_exists(t, v) __builtin_preserve_enum_value(*(typeof(t) *)v, 0)
#define enumerator_value(t, v) __builtin_preserve_enum_value(*(typeof(t) *)v, 1)

/* Keeps values, and the instructions that make them. */
struct results {
	__u64 values[64];
};

#endif
