import { DecodeError } from './error.js';

/** Bytes under decoding. The byte and DataView faces are over the same memory. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    // Not the Buffer itself: Buffer#slice aliases, Uint8Array#slice copies.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws DecodeError: what stands at `offset` is not what it should be. */
  fail(offset: number, reason: string): never {
    throw new DecodeError(reason, offset);
  }
}

/** The value that fills `bytes`. */
export function decode<Out>(
  codec: { decode(reader: Reader, start: number, end: number): Out },
  bytes: Uint8Array,
): Out {
  return codec.decode(new Reader(bytes), 0, bytes.length);
}
