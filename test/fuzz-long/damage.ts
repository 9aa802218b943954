import fc from 'fast-check';

/** Numbers at the edges of lengths, offsets and counts. */
const EDGES = [0, 1, 3, 4, 5, 8, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff];

/** What grows by joining grows up to this. */
const MOST_JOINED = 1 << 14;

/** What is done to an input: bytes, 16- and 32-bit words and pieces replaced, the end missing, another input's end. */
const damage = fc.record({
  bytes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
  halves: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...EDGES)), { maxLength: 3 }),
  words: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...EDGES)), { maxLength: 3 }),
  pieces: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(200)), { maxLength: 2 }),
  cut: fc.option(fc.nat(), { freq: 10 }),
  joined: fc.option(fc.tuple(fc.nat(), fc.nat()), { freq: 8 }),
  chosen: fc.nat(),
});
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
