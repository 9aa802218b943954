/**
 * Names without their flavour. Programs may define several forms of a kernel type, told apart by what follows three
 * underscores, which stands for nothing in the kernel:
 *
 *   task_struct           task_struct
 *   task_struct___old     task_struct
 *   a___b___c             a___b        the last flavour alone
 *   ___x, a____b, a___    themselves: three underscores exactly, with something else on either side
 *
 * Source: Documentation/bpf/libbpf/libbpf_overview.rst; bpf_core_essential_name_len in tools/lib/bpf/libbpf.c (v6.12).
 */
const FLAVOUR = /^(.*[^_])___[^_]/s;

export function essentialName(name: string): string {
  return name.includes('___') ? (FLAVOUR.exec(name)?.[1] ?? name) : name;
}
