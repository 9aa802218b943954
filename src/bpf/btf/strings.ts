import { DecodeError } from '../../wire/error.js';
import { ESSENTIAL_MAX, essentialHashes } from './essential-name.js';

/**
 * The strings of BTF of which few are wanted: each is decoded when it is asked for, and not kept.
 *
 * Split BTF has only the strings that its base lacks, and counts on from there. With a base of 100 bytes:
 *
 *   base   \0int\0task_struct\0...   offsets 0 to 99
 *   split  nf_conn\0mark\0           offsets 100 (nf_conn) and 108 (mark)
 */
export class BtfStrings {
  /** Bytes, those of the base included: the first offset behind. */
  readonly length: number;
  readonly #base: BtfStrings | undefined;
  readonly #bytes: Buffer;
  /** The offset of the first string here. */
  readonly #first: number;

  /** `bytes` end with NUL, or are empty. */
  constructor(bytes: Uint8Array, base?: BtfStrings) {
    this.#base = base;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#first = base?.length ?? 0;
    this.length = this.#first + bytes.length;
  }

  /** The string at `offset`. @throws DecodeError when there is none, or it is longer than any name. */
  at(offset: number): string {
    if (offset < this.#first) return this.#base!.at(offset);
    const start = this.#startOf(offset);
    const end = this.#bytes.indexOf(0, start);
    if (end - start > ESSENTIAL_MAX) throw new DecodeError('string is too long', offset);
    return this.#bytes.toString('utf8', start, end);
  }

  /** {@link essentialHashes} of the strings at `offsets`; 0 where there is none. */
  hashes(offsets: Uint32Array): Int32Array {
    const base = this.#base;
    const first = this.#first;
    if (base === undefined) return essentialHashes(this.#bytes, offsets);
    // Those of the base come to lie behind the end, where there is nothing.
    const hashes = essentialHashes(
      this.#bytes,
      offsets.map((offset) => offset - first),
    );
    return hashes.map((hash, n) => (offsets[n]! < first ? base.hashes(offsets.subarray(n, n + 1))[0]! : hash));
  }

  #startOf(offset: number): number {
    if (offset < this.length) return offset - this.#first;
    throw new DecodeError(`string offset ${offset} is outside of the table of ${this.length} bytes`, 0);
  }
}
