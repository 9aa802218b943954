import { POISON } from '../core/patch.js';

// Calls of helpers that no kernel has stand for what an instruction lacks: a program loads if it never gets there. The
// numbers are libbpf's (tools/lib/bpf/libbpf.c, v6.12), so that programs have the same tags.

/** A map that was not created: this and the map's index in the object. */
export const POISONED_MAP = 2001000000;
/** A kernel function that is not there: this and the extern's index in the object. */
export const POISONED_KFUNC = 2002000000;
/** Maps, or externs, of an object. */
const MOST = 1000000;

/** The reason in words, if it is a poisoned instruction; `what` it stands for, as far as that is known. */
export function poisonIn(reason: string, what: string | undefined): string | undefined {
  const number = Number(/^invalid func unknown#(\d+)/.exec(reason)?.[1]);
  if (number === POISON) return `it needs ${what ?? 'a field, type or value that this kernel does not have'}`;
  if (isOf(number, POISONED_MAP))
    return `it uses ${what ?? `map number ${number - POISONED_MAP}`}, which is not created`;
  if (!isOf(number, POISONED_KFUNC)) return undefined;
  const name = what ?? `extern number ${number - POISONED_KFUNC}`;
  return `it calls the kernel function ${name}, which this kernel does not have`;
}

const isOf = (number: number, base: number): boolean => number >= base && number < base + MOST;
