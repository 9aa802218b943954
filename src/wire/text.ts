import { type Codec, type Fixed, fixed } from './codec.js';
import { EncodeError } from './error.js';
import { show } from './integers.js';
import type { Writer } from './writer.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** UTF-8 up to the first NUL or `end`, whichever comes first: the kernel does not always send the NUL. */
function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0) break;
    if (byte >= 0x80) return decodeWide(bytes, start, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeWide(bytes: Uint8Array, start: number, end: number): string {
  const nul = bytes.subarray(start, end).indexOf(0);
  return utf8.decode(bytes.subarray(start, nul < 0 ? end : start + nul));
}

/** The UTF-8 bytes of `value`, at most `most` of them, without NUL. */
function encodeText(value: string, most: number): Uint8Array {
  if (typeof value !== 'string') throw new EncodeError(`must be a string, is ${show(value)}`);
  if (value.includes('\0')) throw new EncodeError('must not contain a NUL character');
  const bytes = encoder.encode(value);
  if (bytes.length > most) {
    throw new EncodeError(`must be at most ${most} bytes long, ${show(value)} has ${bytes.length}`);
  }
  return bytes;
}

/** ASCII without NUL, and so short that a loop is through with it before TextEncoder has begun. */
function isPlain(value: string): boolean {
  if (typeof value !== 'string' || value.length > 40) return false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code === 0 || code >= 0x80) return false;
  }
  return true;
}

/** Appends what {@link encodeText} gives. */
function writeText(writer: Writer, value: string, most: number): void {
  if (!isPlain(value) || value.length > most) {
    writer.raw(encodeText(value, most));
    return;
  }
  const at = writer.grow(value.length);
  for (let index = 0; index < value.length; index++) writer.bytes[at + index] = value.charCodeAt(index);
}

/** NUL-terminated UTF-8 text of at most `most` bytes before the NUL, as in IFLA_IFNAME. */
export function textUpTo(most: number): Codec<string> {
  return {
    decode: (reader, start, end) => decodeText(reader.bytes, start, end),
    encode(writer, value) {
      writeText(writer, value, most);
      writer.grow(1); // the NUL
    },
  };
}

/** NUL-terminated text of any length. */
export const text = textUpTo(0xffff - 5);

/** `char[size]`: text padded with NULs; `terminated` leaves room for at least one. */
export function fixedText(size: number, terminated = true): Fixed<string> {
  const read = (view: DataView, at: number): string =>
    decodeText(new Uint8Array(view.buffer, view.byteOffset + at, size), 0, size);
  return fixed(
    size,
    1,
    (offset, use) => `${use(read)}(view, ${offset})`,
    (view, at, value) => {
      const bytes = encodeText(value, terminated ? size - 1 : size);
      new Uint8Array(view.buffer, view.byteOffset + at, size).fill(0).set(bytes);
    },
  );
}
