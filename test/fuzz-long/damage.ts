import fc from 'fast-check';
import { oneIn, place } from '../support/arbitraries.js';

/** Numbers at the edges of lengths, offsets and counts. */
const EDGES = [0, 1, 3, 4, 5, 8, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff];

/** What grows by joining grows up to this. */
const MOST_JOINED = 1 << 14;

/** What is done to an input: bytes, 16- and 32-bit words and pieces replaced, the end missing, another input's end. */
const damageOf = (bytes: fc.ArrayConstraints, most: number, rarity: number) =>
  fc.record({
    bytes: fc.array(fc.tuple(place, fc.nat(255)), bytes),
    halves: fc.array(fc.tuple(place, fc.constantFrom(...EDGES)), { maxLength: most }),
    words: fc.array(fc.tuple(place, fc.constantFrom(...EDGES)), { maxLength: most }),
    pieces: fc.array(fc.tuple(place, place, fc.nat(200)), { maxLength: most }),
    cut: oneIn(rarity, place),
    joined: oneIn(rarity, fc.tuple(place, place)),
    chosen: place,
  });
/** A single byte, then more and more: the more is damaged, the earlier an input is refused, and the less is reached. */
const damage = fc.oneof(
  { weight: 3, arbitrary: damageOf({ minLength: 1, maxLength: 1 }, 0, 20) },
  { weight: 2, arbitrary: damageOf({ maxLength: 2 }, 1, 10) },
  { weight: 1, arbitrary: damageOf({ maxLength: 6 }, 3, 8) },
);
export type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** `count` damages, the same ones for the same seed. */
export const damages = (seed: number, count: number): Damage[] => fc.sample(damage, { seed, numRuns: count });

/** A damaged copy of one of `inputs`. */
export function damaged(inputs: readonly Uint8Array[], damage: Damage): Uint8Array {
  const original = inputs[damage.chosen % inputs.length]!;
  const end = damage.cut === null ? original.length : damage.cut % (original.length + 1);
  const result = Uint8Array.from(joined(original.subarray(0, end), inputs, damage));
  if (result.length === 0) return result;
  const view = new DataView(result.buffer);
  for (const [from, to, length] of damage.pieces) {
    const start = from % result.length;
    result.copyWithin(to % result.length, start, Math.min(start + length, result.length));
  }
  for (const [at, value] of damage.words)
    if (result.length >= 4) view.setUint32(slot(at, result.length, 4), value, true);
  for (const [at, value] of damage.halves) {
    if (result.length >= 2) view.setUint16(slot(at, result.length, 2), value & 0xffff, true);
  }
  for (const [at, value] of damage.bytes) result[at % result.length] = value;
  return result;
}

/** An aligned place for a word. */
const slot = (at: number, length: number, size: number): number => (at % Math.floor(length / size)) * size;

function joined(own: Uint8Array, inputs: readonly Uint8Array[], { joined }: Damage): Uint8Array {
  if (joined === null) return own;
  const other = inputs[joined[0] % inputs.length]!;
  const tail = other.subarray((joined[1] % (other.length + 1)) & ~3);
  return new Uint8Array(Buffer.concat([own, tail])).subarray(0, Math.max(own.length, MOST_JOINED));
}
