/** Told of each attribute that is encoded: its row, with the codec in use, and where its header begins and its payload ends. */
export interface Trace {
  enter(row: { readonly name: string; readonly codec: unknown }, at: number, value: unknown): void;
  leave(end: number): void;
}

/** A growing buffer that one message after another is encoded into. Bytes past `length` are zero, always. */
export class Writer {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length = 0;
  /** Set only to explain an error: the message is then encoded a second time, to learn what stands where. */
  trace: Trace | undefined = undefined;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Cuts back to `length` bytes; what {@link finish} gave out beyond is overwritten with zeros. */
  reset(length = 0): void {
    const { bytes, length: end } = this;
    // What fill costs however little there is to do, a loop takes for some forty bytes.
    if (end - length > 40) bytes.fill(0, length, end);
    else for (let at = length; at < end; at++) bytes[at] = 0;
    this.length = length;
  }

  /**
   * Appends `size` zero bytes and returns the offset of the first.
   * May replace `bytes` and `view`: call it before reading either.
   */
  grow(size: number): number {
    const at = this.length;
    this.length = at + size;
    if (this.length > this.bytes.length) this.#reallocate();
    return at;
  }

  /** Zero bytes up to the next multiple of `boundary`, a power of two. */
  align(boundary: number): void {
    this.grow(-this.length & (boundary - 1));
  }

  raw(value: Uint8Array): void {
    const at = this.grow(value.length);
    this.bytes.set(value, at);
  }

  /** What has been written: a view, valid until {@link reset}. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #reallocate(): void {
    const larger = new Uint8Array(2 * this.length);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** The bytes of `value`, in memory of their own. */
export function encode<In>(codec: { encode(writer: Writer, value: In): void }, value: In): Uint8Array {
  const writer = new Writer(256);
  codec.encode(writer, value);
  return writer.finish().slice();
}
