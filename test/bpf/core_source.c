// SPDX-License-Identifier: MIT
/* Asks about types of its own making; test/bpf/core_target.c has what a kernel might have instead. */
#include "core.h"

__u64 out[64];
__u64 memory[32];

enum color { RED, GREEN = 2, BLUE = 5 };
enum wide { NARROW = 1, WIDE = 0x100000000 };
enum top { TOP = 0xffffffff };

struct inner {
	int x;
	int y;
} KERNEL;

struct outer {
	int first;
	struct {
		int second;
		unsigned int low : 5, high : 20;
		int negative : 7;
	};
	int array[4];
	struct inner inner;
	struct inner inners[3];
	enum color color;
	char *pointer;
	unsigned int grows;
	unsigned long shrinks;
	int wrong;
	int gone;
	unsigned short becomes_bits;
	char flexible[];
} KERNEL;

struct outer___v2 {
	long renamed;
} KERNEL;

struct only_here {
	int x;
} KERNEL;

/* Of this name there are two, which agree about `same` alone. */
struct twins {
	int same;
	int differs;
	int in_one;
} KERNEL;

typedef struct {
	int member;
} anonymous_t;

typedef int (*function_t)(struct inner *, long);
typedef int (*other_t)(int);

#define OUTER ((struct outer *)memory)

SEC("tc")
int offsets(void *ctx)
{
	(void)ctx;
	out[0] = field_offset(OUTER->first);
	out[1] = field_offset(OUTER->second);
	out[2] = field_offset(OUTER->array[3]);
	out[3] = field_offset(OUTER->inner.y);
	out[4] = field_offset(OUTER->inners[1].y);
	out[5] = field_offset(OUTER->low);
	out[6] = field_offset(OUTER->high);
	out[7] = field_offset(((struct outer___v2 *)memory)->renamed);
	out[8] = field_offset(OUTER[1].first);
	out[9] = field_offset(((struct twins *)memory)->same);
	out[10] = field_offset(OUTER->flexible[9]);
	return 0;
}

SEC("tc")
int facts(void *ctx)
{
	(void)ctx;
	out[0] = field_size(OUTER->first);
	out[1] = field_size(OUTER->array);
	out[2] = field_size(OUTER->high);
	out[3] = field_exists(OUTER->gone);
	out[4] = field_exists(OUTER->array[3]);
	out[5] = field_exists(OUTER->inners[2].x);
	out[6] = field_exists(((struct only_here *)memory)->x);
	out[7] = field_signed(OUTER->first);
	out[8] = field_signed(OUTER->grows);
	out[9] = field_signed(OUTER->negative);
	out[10] = field_exists(OUTER->color);
	out[11] = field_lshift(OUTER->low);
	out[12] = field_rshift(OUTER->low);
	out[13] = field_lshift(OUTER->high);
	out[14] = field_rshift(OUTER->high);
	out[15] = field_lshift(OUTER->grows);
	out[16] = field_rshift(OUTER->grows);
	out[17] = field_exists(OUTER->wrong);
	return 0;
}

SEC("tc")
int accesses(void *ctx)
{
	(void)ctx;
	out[0] = OUTER->first;
	out[1] = OUTER->inner.y;
	out[2] = (__u64)OUTER->pointer;
	out[3] = OUTER->grows;
	out[4] = OUTER->shrinks;
	OUTER->grows = 7;
	OUTER->second = 8;
	out[5] = OUTER->inners[0].y;
	return 0;
}

/* Poisoned, one and all. */
SEC("tc")
int missing(void *ctx)
{
	(void)ctx;
	out[0] = OUTER->gone;
	out[1] = OUTER->inners[2].x;
	out[2] = field_offset(OUTER->gone);
	out[3] = enumerator_value(enum color, BLUE);
	out[4] = ((struct only_here *)memory)->x;
	OUTER->gone = 5;
	out[5] = OUTER->wrong;
	/* A bit-field there; of another kind; of another size, and signed. */
	out[6] = OUTER->becomes_bits;
	out[7] = OUTER->color;
	out[8] = OUTER->array[1];
	return 0;
}

SEC("tc")
int types(void *ctx)
{
	(void)ctx;
	out[0] = type_exists(struct outer);
	out[1] = type_exists(struct only_here);
	out[2] = type_size(struct outer);
	out[3] = type_size(struct only_here);
	out[4] = type_matches(struct inner);
	out[5] = type_matches(struct outer);
	out[6] = type_exists(anonymous_t);
	out[7] = type_matches(anonymous_t);
	out[8] = type_exists(function_t);
	out[9] = type_matches(function_t);
	out[10] = type_exists(other_t);
	out[11] = type_matches(enum color);
	out[12] = type_size(enum wide);
	return 0;
}

SEC("tc")
int enumerators(void *ctx)
{
	(void)ctx;
	out[0] = enumerator_exists(enum color, GREEN);
	out[1] = enumerator_exists(enum color, BLUE);
	out[2] = enumerator_value(enum color, GREEN);
	out[3] = enumerator_value(enum wide, NARROW);
	out[4] = enumerator_value(enum wide, WIDE);
	return 0;
}

/* Refused: the two structs of this name disagree. */
SEC("tc")
int ambiguous(void *ctx)
{
	(void)ctx;
	out[0] = field_offset(((struct twins *)memory)->differs);
	return 0;
}

/* What one of the two lacks leaves the other. */
SEC("tc")
int settled(void *ctx)
{
	(void)ctx;
	out[0] = field_exists(((struct twins *)memory)->in_one);
	out[1] = field_offset(((struct twins *)memory)->differs);
	return 0;
}

SEC("tc")
int unsigned_top(void *ctx)
{
	(void)ctx;
	out[0] = enumerator_value(enum top, TOP);
	return 0;
}

char _license[] SEC("license") = "GPL";
