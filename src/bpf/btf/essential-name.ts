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
const UNDERSCORE = 0x5f;

/** Bytes of the longest name that is looked at. */
export const ESSENTIAL_MAX = 512;

export function essentialName(name: string): string {
  return name.includes('___') ? (FLAVOUR.exec(name)?.[1] ?? name) : name;
}

/** A hash, of 32 bits, of the essential part of the name that begins at `start` and ends before NUL, or of all of it. */
export function essentialHash(bytes: Uint8Array, start: number, whole = false): number {
  const end = Math.min(start + ESSENTIAL_MAX, bytes.length);
  let [hash, run, beforeRun] = [0, 0, 0];
  let cut: number | undefined;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0) break;
    if (byte !== UNDERSCORE) {
      if (run === 3 && at - 3 > start) cut = beforeRun;
      run = 0;
    } else if (run++ === 0) beforeRun = hash;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return whole || cut === undefined ? hash : cut;
}
