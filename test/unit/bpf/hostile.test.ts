import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codecOf } from '../../../src/bpf/btf/codec.js';
import { encodeBtf } from '../../../src/bpf/btf/encode.js';
import { parseBtf } from '../../../src/bpf/btf/parse.js';
import { parseElf } from '../../../src/bpf/elf.js';
import { link } from '../../../src/bpf/object/link.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { DecodeError } from '../../../src/wire/error.js';
import { Reader } from '../../../src/wire/reader.js';
import { oneIn, place } from '../../support/arbitraries.js';
import { OBJECTS, objectBytes } from '../../support/objects.js';

const objects = OBJECTS.map(objectBytes);
const btfs = objects.flatMap((bytes) => {
  const section = parseElf(bytes).sections.find(({ name }) => name === '.BTF');
  return section === undefined ? [] : [section.data];
});

/** What a damaged file is like: bytes, words and pieces replaced, and the end missing. */
const damage = fc.record({
  bytes: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 4 }),
  words: fc.array(fc.tuple(place, fc.constantFrom(0, 1, 8, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff)), {
    maxLength: 3,
  }),
  pieces: fc.array(fc.tuple(place, place, fc.nat(200)), { maxLength: 2 }),
  cut: oneIn(20, place),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function apply(original: Uint8Array, { bytes, words, pieces, cut }: Damage): Uint8Array {
  const result = original.slice(0, cut === null ? undefined : cut % original.length);
  if (result.length < 8) return result;
  const view = new DataView(result.buffer);
  for (const [at, value] of bytes) result[at % result.length] = value;
  for (const [at, value] of words) view.setUint32((at % (result.length >> 2)) * 4, value, true);
  for (const [from, to, length] of pieces) {
    const end = Math.min((from % result.length) + length, result.length);
    result.copyWithin(to % result.length, from % result.length, end);
  }
  return result;
}

/** Of the clock on the wall, which other work on the machine moves as well. */
const SLOWEST_MS = 5000;

/** Runs `read`; anything but a value or a DecodeError in reasonable time fails. */
function survives(read: () => void): void {
  const start = performance.now();
  try {
    read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
  }
  expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
}

test('a damaged object is refused by DecodeError, or read, linked and used as it is', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.constantFrom(...objects), damage, (bytes, damage) =>
      survives(() => {
        const { maps, programs, btf } = parseObject(apply(bytes, damage));
        for (const { instructions, references } of programs.map(link)) {
          // The loader writes to both slots of a load.
          for (const { instruction } of references)
            expect(8 * (instruction + 2)).toBeLessThanOrEqual(instructions.length);
        }
        for (const id of btf === undefined ? [] : maps.map((map) => map.btfValueTypeId).filter((id) => id !== 0)) {
          const codec = codecOf(btf!, id);
          if (codec.size < 4096) codec.decode(new Reader(new Uint8Array(codec.size)), 0, codec.size);
        }
      }),
    ),
    { numRuns: 10_000 },
  );
});

test('damaged BTF is refused by DecodeError, or read and written', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.constantFrom(...btfs), damage, (bytes, damage) =>
      survives(() => {
        const btf = parseBtf(apply(bytes, damage));
        encodeBtf(btf);
        codecOf(btf, btf.types.length - 1);
      }),
    ),
    { numRuns: 10_000 },
  );
});
