import { type Codec, type Fixed, fixed } from './codec.js';
import { EncodeError } from './error.js';
import { show } from './integers.js';

function check(value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new EncodeError(`must be a Uint8Array, is ${show(value)}`);
}

/** Opaque bytes, copied: they outlive the receive buffer. */
export const bytes: Codec<Uint8Array> = {
  decode: (reader, start, end) => reader.bytes.slice(start, end),
  encode(writer, value) {
    check(value);
    writer.raw(value);
  },
};

/** `unsigned char[size]`, copied. */
export function fixedBytes(size: number): Fixed<Uint8Array> {
  const read = (view: DataView, at: number): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset + at, size).slice();
  return fixed(
    size,
    1,
    (offset, use) => `${use(read)}(view, ${offset})`,
    (view, at, value) => {
      check(value);
      if (value.length !== size) throw new EncodeError(`must have ${size} bytes, has ${value.length}`);
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(value);
    },
  );
}

/** Bytes as hexadecimal text: the tag of a BPF program, `1a2b3c4d5e6f7081`. */
export const hex: Codec<string> = {
  decode: (reader, start, end) => Buffer.from(reader.bytes.subarray(start, end)).toString('hex'),
  encode(writer, value) {
    if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/i.test(value)) {
      throw new EncodeError(`must be pairs of hexadecimal digits, is ${show(value)}`);
    }
    writer.raw(Buffer.from(value, 'hex'));
  },
};
