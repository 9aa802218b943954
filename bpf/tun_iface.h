/* SPDX-License-Identifier: MIT */
/* The tunnel device, shared by the programs through one pinned map. */
#ifndef NLBPF_TUN_IFACE_H
#define NLBPF_TUN_IFACE_H

#include "helpers.h"

/* Key 0: the interface index, in host byte order. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, int);
	__uint(pinning, PIN_BY_NAME);
} tun_iface SEC(".maps");

#endif
