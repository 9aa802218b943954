import { DecodeError } from '../../wire/error.js';
import { essentialName } from './essential-name.js';

/** Bytes of the longest name that is looked at. */
const LONGEST = 512;
/** Names in one search: a regular expression has a limit. */
const MOST_AT_ONCE = 256;

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
  /** Where names were found here, by their essential part. */
  readonly #found = new Map<string, readonly number[]>();

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
    if (end - start > LONGEST) throw new DecodeError('string is too long', offset);
    return this.#bytes.toString('utf8', start, end);
  }

  /**
   * Where the strings begin that are called so, in any flavour; those of the base included.
   *
   * @throws DecodeError when there is one that is longer than any name.
   */
  named(essential: string): readonly number[] {
    this.expect([essential]);
    return [...(this.#base?.named(essential) ?? []), ...this.#found.get(essential)!];
  }

  /** Searches for names that will be asked for: for hundreds it takes hardly longer than for one. */
  expect(essentials: Iterable<string>): void {
    this.#base?.expect(essentials);
    const names = [...new Set(essentials)].filter((name) => !this.#found.has(name));
    for (let at = 0; at < names.length; at += MOST_AT_ONCE) this.#search(names.slice(at, at + MOST_AT_ONCE));
  }

  /**
   * A kernel has 120,000 strings. Functions that Node has in machine code look through them in 2 ms; a loop of ours,
   * which runs before the compiler has had a look at it, takes ten times that.
   */
  #search(names: readonly string[]): void {
    const found = new Map(names.map((name): [string, number[]] => [name, []]));
    const sought = names.filter((name) => name !== '' && name.length <= LONGEST).map(literal);
    // Every string begins behind a NUL; the first of split BTF behind that of its base.
    const before = this.#base === undefined ? '' : '\0';
    const text = sought.length === 0 ? '' : before + this.#bytes.toString('latin1');
    for (const { index } of text.matchAll(new RegExp(`\\0(?:${sought.join('|')})(?=\\0|___)`, 'g'))) {
      const offset = this.#first + index + 1 - before.length;
      found.get(essentialName(this.at(offset)))?.push(offset);
    }
    for (const [name, offsets] of found) this.#found.set(name, offsets);
  }

  #startOf(offset: number): number {
    if (offset < this.length) return offset - this.#first;
    throw new DecodeError(`string offset ${offset} is outside of the table of ${this.length} bytes`, 0);
  }
}

/** A pattern for the bytes of a name, and nothing else. */
function literal(name: string): string {
  const bytes = Buffer.from(name, 'utf8').toString('latin1');
  return bytes.replace(/\W/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
