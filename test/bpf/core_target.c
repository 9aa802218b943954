// SPDX-License-Identifier: MIT
/* Types that a kernel might have where test/bpf/core_source.c has its own; no program. */
#include <linux/types.h>

enum color { RED = 7, GREEN = -3, YELLOW };
enum wide { NARROW = 0x200000000, WIDE = 0x300000000 };
enum top { TOP = 0xffffffff };

struct inner {
	long before;
	int y;
	int x;
};

struct outer {
	long pad;
	union {
		struct {
			int hash;
			struct {
				int first;
			};
		};
		long both;
	};
	int second;
	unsigned char low : 3;
	unsigned long spread : 27, high : 6;
	int negative : 9;
	short array[4];
	struct inner inners[2];
	struct inner inner;
	long color;
	void **pointer;
	unsigned long grows;
	unsigned char shrinks;
	struct {
		int x;
	} wrong;
	long renamed;
	unsigned short other_bits : 3, becomes_bits : 9;
	int last;
	char flexible[];
};

struct twins {
	int same;
	int padding;
	int differs;
};

struct twins___2 {
	int same;
	int differs;
	int in_one;
};

typedef struct {
	long before;
	int member;
} anonymous_t;

typedef int (*function_t)(struct inner *, long);
typedef int (*other_t)(int, int);

enum color color;
enum wide wide;
enum top top;
struct outer outer;
struct twins twins;
struct twins___2 twins2;
anonymous_t anonymous;
function_t function;
other_t other;
