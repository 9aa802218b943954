import { koffi } from './libc.js';

/**
 * Memory whose address may be given to the kernel. It does not move, and lives as long as this object (or a view of it)
 * is reachable: whoever passes {@link Memory.address} on keeps the object until the kernel is done, see
 * `keepReachable`.
 */
export class Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Of the first byte; 16-byte aligned. */
  readonly address: number;

  private constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.address = Number(koffi().address(this.bytes));
  }

  /** `size` zero bytes. */
  static allocate(size: number): Memory {
    // An ArrayBuffer's memory lies outside V8's heap, and an empty one has no address.
    return new Memory(new ArrayBuffer(Math.max(size, 1)));
  }

  /** The memory of a buffer that is there. */
  static of(buffer: ArrayBuffer): Memory {
    return new Memory(buffer);
  }

  /** A copy of `bytes`. */
  static from(bytes: Uint8Array): Memory {
    const memory = Memory.allocate(bytes.length);
    memory.bytes.set(bytes);
    return memory;
  }

  /** A copy of `text` in UTF-8 with a NUL after it. */
  static fromText(text: string): Memory {
    return Memory.from(Buffer.from(`${text}\0`, 'utf8'));
  }
}

let kept: unknown;

/**
 * Carries out `call` while `owners` cannot be collected: an address inside a structure does not keep its memory alive,
 * and V8 may collect an object after its last use, even in the middle of a function.
 */
export function keepReachable<T>(owners: unknown, call: () => T): T {
  const before = kept;
  kept = [before, owners];
  try {
    return call();
  } finally {
    kept = before;
  }
}
