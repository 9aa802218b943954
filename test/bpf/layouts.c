// SPDX-License-Identifier: MIT
/* Types that a C compiler lays out in every way there is; nothing to load. */
#include "../../bpf/helpers.h"

#define packed __attribute__((packed))
#define aligned(bytes) __attribute__((aligned(bytes)))
#define USE(type, name) type name = {}

struct tree;
typedef struct tree tree_t;
typedef int (*compare_t)(const tree_t *a, const tree_t *b, ...);
typedef struct {
	struct tree *first;
	compare_t compare;
} forest_t;
struct tree {
	tree_t *left, *right;
	forest_t *within;
	void (*free)(struct tree *self);
	int (*(*table)[4])(void);
	int (*handlers[2][3])(unsigned int, char *const *);
	const char *const volatile *restrict names;
};
USE(struct tree, tree);

struct wrapped {
	forest_t forest;
	struct tree trees[2];
	enum { LOW, MIDDLE = 5, HIGH = -1 } level;
	union {
		struct {
			__u8 first : 4, second : 4;
		};
		__u8 both;
	};
};
USE(struct wrapped, wrapped);

struct packed tight {
	char a;
	int b;
	struct {
		char c;
		long d;
	} inner;
	long e;
};
USE(struct tight, tight);

struct holds_tight {
	char a;
	struct tight tight[3];
	short b;
};
USE(struct holds_tight, holds_tight);

struct aligned(64) line {
	int a;
	int b aligned(32);
	char c;
};
USE(struct line, line);

struct two_lines {
	char a;
	struct line lines[2];
	char b;
};
USE(struct two_lines, two_lines);

struct packed aligned(4) both_ways {
	char a;
	short b;
	char c;
};
struct holds_both {
	char a;
	struct both_ways both;
	char b;
};
USE(struct holds_both, holds_both);

struct fields {
	int a : 3;
	int : 0;
	unsigned int b : 31;
	unsigned int c : 2;
	long d : 40;
	long e : 24;
	char f;
	_Bool g : 1;
	int : 5;
	int h : 2;
};
USE(struct fields, fields);

struct packed tight_fields {
	int a : 7;
	long b : 60;
	char c;
	int d : 30;
	int e : 12;
};
USE(struct tight_fields, tight_fields);

union aligned(16) wide_union {
	int a;
	char b[3];
};
USE(union wide_union, wide_union);

enum packed tiny { TINY = 200 };
enum packed small { SMALL = -300 };
enum wide { WIDE = 1ULL << 63 };
enum low { LOWEST = -1LL << 63 };
struct enums {
	enum tiny tiny;
	enum small small;
	enum wide wide;
	enum low low;
};
USE(struct enums, enums);

struct numbers {
	__int128 huge;
	unsigned __int128 more;
	float single;
	double twice;
	signed char sign;
	_Bool yes;
};
USE(struct numbers, numbers);

struct empty {};
struct opaque {
	__u64 : 64;
	__u64 : 64;
} aligned(8);
struct last {
	int count;
	struct empty nothing;
	struct opaque timer;
	struct tight items[];
};
USE(struct last, last);
