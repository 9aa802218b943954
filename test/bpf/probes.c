// SPDX-License-Identifier: MIT
/*
 * A probe of the kernel, and user-space tracepoints with their maps, as in libbpf's usdt.bpf.h; and a note for bpftool,
 * which no program reads.
 */
#include "../../bpf/helpers.h"

struct spec {
	__u64 value_offset;
	__u64 cookie;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, int);
	__type(value, struct spec);
} __bpf_usdt_specs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, long);
	__type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps");

const char bpf_metadata_note[] SEC(".rodata") = "nobody reads it";

#define PROBE(section, name) SEC(section) int name(void *ctx __attribute__((unused)))

PROBE("usdt", traced)
{
	int zero = 0;
	const struct spec *spec = bpf_map_lookup_elem(&__bpf_usdt_specs, &zero);

	return spec ? spec->cookie : 0;
}

PROBE("usdt/libc.so.6:libc:setjmp", traced_there)
{
	long place = 0;

	return bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &place) != 0;
}

PROBE("kprobe/do_exit", at_one) { return 0; }

char _license[] SEC("license") = "GPL";
