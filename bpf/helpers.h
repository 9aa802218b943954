/* SPDX-License-Identifier: MIT */
/*
 * What every program here needs: sections, BTF map fields, byte order, and the kernel helpers used, all of which Linux
 * 5.10 has. Global variables are not used: every setting is in a map, every text on the stack.
 */
#ifndef NLBPF_HELPERS_H
#define NLBPF_HELPERS_H

/* Before linux/stddef.h makes a mere `inline` of it. */
#define __always_inline inline __attribute__((always_inline))

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>

#define SEC(name) __attribute__((section(name), used))

/* A map definition in BTF: numbers are array lengths, types are pointers. */
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define PIN_BY_NAME 1

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htons(x) ((__be16)__builtin_bswap16(x))
#define htonl(x) ((__be32)__builtin_bswap32(x))
#else
#define htons(x) ((__be16)(x))
#define htonl(x) ((__be32)(x))
#endif
#define ntohl(x) ((__u32)htonl(x))

#define offsetof(type, field) __builtin_offsetof(type, field)

#define HELPER(type, name, ...) static type (*const bpf_##name)(__VA_ARGS__) = (void *)BPF_FUNC_##name

HELPER(void *, map_lookup_elem, void *map, const void *key);
HELPER(long, trace_printk, const char *text, __u32 size, ...);
HELPER(long, skb_load_bytes, const void *skb, __u32 offset, void *to, __u32 size);
HELPER(long, skb_store_bytes, struct __sk_buff *skb, __u32 offset, const void *from, __u32 size, __u64 flags);
HELPER(long, skb_set_tunnel_key, struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags);
HELPER(long, skb_change_proto, struct __sk_buff *skb, __be16 protocol, __u64 flags);
HELPER(long, skb_adjust_room, struct __sk_buff *skb, __s32 size, __u32 mode, __u64 flags);
HELPER(long, redirect, __u32 ifindex, __u64 flags);
HELPER(long, redirect_neigh, __u32 ifindex, struct bpf_redir_neigh *params, int size, __u64 flags);

/* The key as 5.10 knows it: a kernel refuses a longer one than its own, and takes the older, shorter ones. */
#define TUNNEL_KEY_SIZE offsetof(struct bpf_tunnel_key, local_ipv4)

/* One line in the trace, begun by a number that tells this run's lines from all others. Two arguments at most. */
#define trace(run, text, ...)                                                     \
	do {                                                                      \
		char line[] = "nlbpf %x: " text;                                  \
		bpf_trace_printk(line, sizeof(line), run, ##__VA_ARGS__);         \
	} while (0)

/* The only element of a one-element array; never NULL in fact, but the verifier wants the check. */
static __always_inline void *only(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

#endif
