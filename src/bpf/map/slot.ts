import { Memory } from '../../sys/memory.js';
import type { Codec } from '../../wire/codec.js';
import { EncodeError } from '../../wire/error.js';
import { Reader } from '../../wire/reader.js';
import { Writer } from '../../wire/writer.js';

/** Memory at a fixed address for one key or one value, which values are encoded into and decoded from in place. */
export class Slot<Out, In> {
  readonly size: number;
  readonly memory: Memory;
  /** 0 if there is nothing to point to: queues and stacks have no keys. */
  readonly address: number;
  readonly #codec: Codec<Out, In>;
  readonly #what: string;
  readonly #reader: Reader;
  readonly #writer = new Writer(0);

  /** `what` names it in errors: `map tun_iface: key`. */
  constructor(codec: Codec<Out, In>, size: number, what: string) {
    this.size = size;
    this.memory = Memory.allocate(size);
    this.address = size === 0 ? 0 : this.memory.address;
    this.#codec = codec;
    this.#what = what;
    this.#reader = new Reader(this.memory.bytes);
    this.#attach();
  }

  /** Throws EncodeError if the value does not have the size that the map wants. */
  write(value: In): void {
    const writer = this.#writer;
    try {
      writer.reset();
      this.#codec.encode(writer, value);
    } catch (error) {
      this.#attach();
      throw error instanceof EncodeError ? error.within(this.#what) : error;
    }
    if (writer.length === this.size && writer.bytes === this.memory.bytes) return;
    const { length } = writer;
    this.#attach();
    throw new EncodeError(`must have ${this.size} bytes, has ${length}`, this.#what);
  }

  /** Writes a value that is bytes already, `size` of them. */
  writeBytes(value: Uint8Array): void {
    this.#writer.reset();
    this.#writer.raw(value);
  }

  read(): Out {
    return this.#codec.decode(this.#reader, 0, this.size);
  }

  /** The writer grows into memory of its own when a value is too long; after that it starts again here. */
  #attach(): void {
    this.memory.bytes.fill(0);
    this.#writer.bytes = this.memory.bytes;
    this.#writer.view = this.memory.view;
    this.#writer.length = 0;
  }
}
