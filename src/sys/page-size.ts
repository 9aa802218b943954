import { readFileSync } from 'node:fs';

/** include/uapi/linux/auxvec.h (v7.3). */
const AT_PAGESZ = 6;
const USUAL = 4096;

let size: number | undefined;

/** Bytes of a page of memory: 4096, and up to 65536 on some machines. */
export function pageSize(): number {
  size ??= readPageSize();
  return size;
}

/** The kernel hands it to every process, as a list of pairs of words. */
function readPageSize(): number {
  const words = new BigUint64Array(new Uint8Array(readFileSync('/proc/self/auxv')).buffer);
  for (let at = 0; at + 1 < words.length; at += 2) if (Number(words[at]) === AT_PAGESZ) return Number(words[at + 1]);
  return USUAL;
}
