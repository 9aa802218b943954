import { readFileSync } from 'node:fs';
import { NLA_F_NESTED } from '../../src/uapi/netlink.js';
import { LITTLE_ENDIAN as LE } from '../../src/wire/integers.js';

/** The netlink messages in a file of annotated hexadecimal bytes, header included. `#` begins a remark. */
export function golden(name: string): Uint8Array[] {
  const text = readFileSync(new URL(`${name}.hex`, import.meta.url), 'utf8').replace(/#.*$/gm, '');
  const bytes = Uint8Array.from(
    text.split(/\s+/).filter((word) => word !== ''),
    (word) => Number.parseInt(word, 16),
  );
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + new DataView(bytes.buffer).getUint32(at, LE);
    messages.push(bytes.slice(at, end));
    at = end;
  }
  return messages;
}

/** Which attributes hold attributes, by the path of their numbers; the value is the size of the struct before them. */
export type Nests = Readonly<Record<string, number>>;
/** An attribute: its number (with NLA_F_NESTED), and its payload, or the struct and the attributes in it. */
export type Tree = readonly [type: number, payload: string | readonly [head: string, members: readonly Tree[]]];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * The attributes in `bytes` as a set: in the order of their numbers, without their padding, which may hold garbage.
 * Written apart from the code under test.
 */
export function tree(bytes: Uint8Array, nests: Nests, path = ''): Tree[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all: Tree[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, LE);
    const type = view.getUint16(at + 2, LE);
    const here = `${path}/${type & 0x3fff}`;
    const payload = bytes.subarray(at + 4, at + length);
    const head = nests[here];
    if (head === undefined) all.push([type, hex(payload)]);
    else all.push([type, [hex(payload.subarray(0, head)), tree(payload.subarray(head), nests, here)]]);
    at += (length + 3) & ~3;
  }
  return all.sort(([a], [b]) => (a & 0x3fff) - (b & 0x3fff));
}

/** The same without NLA_F_NESTED, which the kernel sets in some replies and iproute2 in some requests only. */
export function unflagged(trees: readonly Tree[]): Tree[] {
  return trees.map(([type, payload]) => [
    type & ~NLA_F_NESTED,
    typeof payload === 'string' ? payload : [payload[0], unflagged(payload[1])],
  ]);
}
