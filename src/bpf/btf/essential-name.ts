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

/**
 * Hashes, of 32 bits, of the essential parts of names; each begins at one of `starts` and ends before NUL. `whole`: of all
 * of the names.
 */
export function essentialHashes(bytes: Uint8Array, starts: Uint32Array, whole = false): Int32Array {
  const hashes = new Int32Array(starts.length);
  // One loop in one function: it runs before the compiler has had a look at it, over every name of a kernel.
  for (let n = 0; n < starts.length; n++) {
    const start = starts[n]!;
    const end = Math.min(start + ESSENTIAL_MAX, bytes.length);
    let hash = 0;
    let run = 0;
    let beforeRun = 0;
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
    hashes[n] = whole || cut === undefined ? hash : cut;
  }
  return hashes;
}
