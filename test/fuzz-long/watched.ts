/** What the worker tells the one who watches over it, in memory of both; so that a hang or a crash leaves its input. */
export const MOST_INPUT = 1 << 20;
const WORDS = 3;

export class Watched {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #input: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(4 * WORDS + MOST_INPUT)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#input = new Uint8Array(buffer, 4 * WORDS);
  }

  /** Counts the inputs that were begun. */
  get cases(): number {
    return Atomics.load(this.#words, 0);
  }

  /** Of a target that runs; 0 between two. */
  get busy(): boolean {
    return Atomics.load(this.#words, 2) === 1;
  }

  get input(): Uint8Array {
    return this.#input.slice(0, Atomics.load(this.#words, 1));
  }

  begin(input: Uint8Array): void {
    this.#input.set(input);
    Atomics.store(this.#words, 1, input.length);
    Atomics.store(this.#words, 2, 1);
    Atomics.add(this.#words, 0, 1);
  }

  end(): void {
    Atomics.store(this.#words, 2, 0);
  }
}
