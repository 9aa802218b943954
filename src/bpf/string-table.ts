import { isAscii } from 'node:buffer';
import { DecodeError } from '../wire/error.js';

/** Longer than any name a compiler makes; keeps hostile tables, whose names share bytes, from costing time and memory. */
const LONGEST_NAME = 4096;
/** The same for tables in which a name cannot be a slice, but is a copy. */
const LONGEST_COPY = 512;

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder();

/** NUL-terminated UTF-8 strings, one after another, found by the offset of their first byte; ELF's form and BTF's. */
export class StringTable {
  readonly bytes: Uint8Array;
  /** Where the table lies in the input, for errors. */
  readonly start: number;
  // One character a byte, so that offsets fit and names are slices of it, which V8 keeps without copying.
  readonly #text: string;
  readonly #ascii: boolean;

  constructor(bytes: Uint8Array, start = 0) {
    this.bytes = bytes;
    this.start = start;
    this.#text = latin1.decode(bytes);
    this.#ascii = isAscii(bytes);
  }

  /**
   * The string at `offset`.
   *
   * @throws DecodeError when the offset is outside of the table, or the string does not end within it.
   */
  at(offset: number, longest = this.#ascii ? LONGEST_NAME : LONGEST_COPY): string {
    if (offset >= this.bytes.length) {
      throw new DecodeError(
        `string offset ${offset} is outside of the table of ${this.bytes.length} bytes`,
        this.start,
      );
    }
    const end = this.bytes.indexOf(0, offset);
    if (end < 0 || end - offset > longest)
      throw new DecodeError('string without end, or too long', this.start + offset);
    return this.#ascii ? this.#text.slice(offset, end) : utf8.decode(this.bytes.subarray(offset, end));
  }

  /** All strings, each with its offset; what follows the last NUL is left out. */
  *entries(): IterableIterator<[offset: number, text: string]> {
    for (let offset = 0, end: number; offset < this.bytes.length; offset = end + 1) {
      end = this.bytes.indexOf(0, offset);
      if (end < 0) return;
      yield [offset, this.at(offset, end - offset)];
    }
  }
}
