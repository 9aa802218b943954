// SPDX-License-Identifier: MIT
/*
 * Indirect jumps, as newer compilers make of a switch: the table lies in section .jumptables, as bytes of the section
 * with the code. Since Linux 6.19; clang 19 knows neither, so that they are spelled out.
 */
#include "../../bpf/helpers.h"

/* `gotox r3` */
#define GOTOX_R3 ".byte 0x0d, 0x03, 0, 0, 0, 0, 0, 0;"
#define TABLE(name, ...) \
	".pushsection .jumptables, \"\", @progbits; .globl " name ";" name ": .quad " __VA_ARGS__ ";" \
	".type " name ", @object; .size " name ", . - " name "; .popsection;"

/* 10 or 20, by the argument. */
__attribute__((naked, noinline, used)) static int inner(void)
{
	asm volatile("r0 = 0;"
		     "if r1 > 1 goto .Linner_none;"
		     "r1 <<= 3;"
		     "r3 = BPF_JT_inner ll;"
		     "r3 += r1;"
		     "r3 = *(u64 *)(r3 + 0);"
		     GOTOX_R3
		     ".Linner_0: r0 = 10; exit;"
		     ".Linner_1: r0 = 20;"
		     ".Linner_none: exit;"
		     TABLE("BPF_JT_inner", ".Linner_0, .Linner_1"));
}

/* 1, 2 or 3, and what inner says, by the first number of the context. */
SEC("syscall") __attribute__((naked))
int outer(void)
{
	asm volatile("r6 = *(u32 *)(r1 + 0);"
		     "r1 = r6;"
		     "call %[inner];"
		     "if r6 > 2 goto .Louter_none;"
		     "r6 <<= 3;"
		     "r3 = BPF_JT_outer ll;"
		     "r3 += r6;"
		     "r3 = *(u64 *)(r3 + 0);"
		     GOTOX_R3
		     ".Louter_0: r0 += 1; exit;"
		     ".Louter_1: r0 += 2; exit;"
		     ".Louter_2: r0 += 3;"
		     ".Louter_none: exit;"
		     TABLE("BPF_JT_outer", ".Louter_0, .Louter_1, .Louter_2")
		     :
		     : [inner] "i"(inner));
}

char _license[] SEC("license") = "GPL";
