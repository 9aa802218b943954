import { essentialHashes } from './essential-name.js';
import type { BtfStrings } from './strings.js';

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

  /** Of types with numbers `ids`, ascending, whose names begin at `names` of `strings`. */
  constructor(ids: readonly number[], names: readonly number[], strings: BtfStrings) {
    const hashes = strings.hashes(new Uint32Array(names));
    const size = 2 ** Math.max(4, Math.min(16, Math.ceil(Math.log2(ids.length + 1))));
    const heads = new Uint32Array(size);
    const next = new Uint32Array((ids.at(-1) ?? 0) + 1);
    for (let n = 0; n < ids.length; n++) {
      const slot = slotOf(hashes[n]!, size - 1);
      next[ids[n]!] = heads[slot]!;
      heads[slot] = ids[n]!;
    }
    this.#heads = heads;
    this.#next = next;
    this.#mask = size - 1;
  }

  /** The numbers of the types called `essential`, and of some others, in ascending order. */
  candidates(essential: string): number[] {
    const ids: number[] = [];
    const [hash] = essentialHashes(Buffer.from(essential, 'utf8'), Uint32Array.of(0), true);
    for (let id = this.#heads[slotOf(hash!, this.#mask)]!; id !== 0; id = this.#next[id]!) ids.push(id);
    return ids.reverse();
  }
}

const slotOf = (hash: number, mask: number): number => (hash ^ (hash >>> 15)) & mask;
