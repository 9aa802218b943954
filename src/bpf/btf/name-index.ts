import { essentialHash } from './essential-name.js';

/**
 * Types by the essential part of their names, as chains in a hash table of numbers; no name is decoded to make it.
 *
 *   types    1 STRUCT sk_buff   2 INT int   3 STRUCT sk_buff___old
 *   heads    [hash of sk_buff] 3   [hash of int] 2
 *   next     [3] 1   [2] 0   [1] 0
 */
export class NameIndex {
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #mask: number;

  /** For types with numbers below `count`. */
  constructor(count: number) {
    const size = 2 ** Math.max(4, Math.min(16, Math.ceil(Math.log2(count + 1))));
    this.#mask = size - 1;
    this.#heads = new Uint32Array(size);
    this.#next = new Uint32Array(count);
  }

  /** Adds a type, which has a number higher than all those before, with its {@link essentialHash}. */
  add(id: number, hash: number): void {
    const slot = this.#slot(hash);
    this.#next[id] = this.#heads[slot]!;
    this.#heads[slot] = id;
  }

  /** The numbers of the types called `essential`, and of some others, in ascending order. */
  candidates(essential: string): number[] {
    const ids: number[] = [];
    const hash = essentialHash(Buffer.from(essential, 'utf8'), 0, true);
    for (let id = this.#heads[this.#slot(hash)]!; id !== 0; id = this.#next[id]!) ids.push(id);
    return ids.reverse();
  }

  #slot(hash: number): number {
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}
