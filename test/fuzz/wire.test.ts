// Hostile bytes: every mutation of a real message is decoded to a value or refused by DecodeError, nothing else; what was
// decoded from real messages encodes to bytes that decode to the same. 100,000 cases in all; NLBPF_FUZZ_RUNS sets how
// many, NLBPF_FUZZ_SEED repeats a run.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { address } from '../../src/netlink/address/schema.js';
import { extAck } from '../../src/netlink/ext-ack.js';
import { Answer } from '../../src/netlink/framing.js';
import { link } from '../../src/netlink/link/schema.js';
import type { Request } from '../../src/netlink/request.js';
import { route } from '../../src/netlink/route/schema.js';
import { filter } from '../../src/tc/filter/schema.js';
import { qdisc } from '../../src/tc/qdisc/schema.js';
import { DecodeError, EncodeError } from '../../src/wire/error.js';
import { LITTLE_ENDIAN } from '../../src/wire/integers.js';
import { decode, Reader } from '../../src/wire/reader.js';
import { encode } from '../../src/wire/writer.js';
import { golden } from '../golden/golden.js';
import { oneIn, place } from '../support/arbitraries.js';

const SEED = Number(process.env['NLBPF_FUZZ_SEED'] ?? Date.now() & 0x7fffffff);
const RUNS = Number(process.env['NLBPF_FUZZ_RUNS'] ?? 100_000);
console.log(`fuzz: seed ${SEED}, ${RUNS} cases`);

const bodies = (...names: string[]): Uint8Array[] =>
  names.flatMap((name) => golden(name).map((message) => message.subarray(16)));

// biome-ignore lint/suspicious/noExplicitAny: messages of any kind
type Any = any;
const TARGETS: readonly (readonly [name: string, codec: Any, corpus: readonly Uint8Array[]])[] = [
  [
    'link',
    link,
    bodies(
      'link-add-veth',
      'link-list',
      'link-bridge',
      'link-bridge-port',
      'link-ipip',
      'link-ip6tnl',
      'link-add-vxlan',
    ),
  ],
  ['route', route, bodies('route-list', 'route-get', 'route-add-multipath', 'route-add-table')],
  ['address', address, bodies('address-list', 'address-add-v6', 'address-add-v4')],
  ['qdisc', qdisc, bodies('qdisc-list', 'qdisc-add-clsact')],
  ['filter', filter, bodies('filter-list', 'filter-add-bpf')],
  ['extAck', extAck, [golden('ext-ack')[0]!.subarray(60)]],
];

/** Bytes overwritten, the end cut off, a piece repeated: what a broken or hostile sender may do. */
const mutation = fc.record({
  pick: place,
  writes: fc.array(fc.tuple(place, fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 0x7f, 0x80, 0xff))), {
    maxLength: 6,
  }),
  cut: oneIn(4, place),
  repeat: oneIn(6, fc.tuple(place, fc.nat(64))),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutated(corpus: readonly Uint8Array[], { pick, writes, cut, repeat }: Mutation): Uint8Array {
  let bytes = corpus[pick % corpus.length]!.slice();
  for (const [at, value] of writes) bytes[at % bytes.length] = value;
  if (repeat !== null) {
    const at = repeat[0] % bytes.length;
    bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at, at + repeat[1]), ...bytes.subarray(at)]);
  }
  return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
}

/** The value, or undefined where the bytes are refused as they should be; any other failure is thrown on. */
function survived<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    return undefined;
  }
}

const each = Math.ceil(RUNS / (TARGETS.length + 2));
const parameters = { seed: SEED, numRuns: each };

describe.runIf(LITTLE_ENDIAN)('mutated messages end in a value or a DecodeError', () => {
  test.each(TARGETS)('%s', { timeout: 120_000 }, (_, codec, corpus) => {
    fc.assert(
      fc.property(mutation, (how) => {
        const bytes = mutated(corpus, how);
        const value = survived(() => decode(codec, bytes));
        if (value === undefined) return;
        // What hostile bytes say may not be sendable (a prefix of /200), but nothing else may go wrong.
        try {
          encode(codec, value);
        } catch (error) {
          if (!(error instanceof EncodeError)) throw error;
        }
      }),
      parameters,
    );
  });

  test('framing', { timeout: 120_000 }, () => {
    const corpus = [...golden('route-list'), ...golden('ext-ack'), ...golden('address-list')];
    const request: Request = { operation: 'fuzz', type: 26, flags: 0x300, codec: route, message: {}, reply: route };
    fc.assert(
      fc.property(mutation, mutation, (first, second) => {
        const bytes = Uint8Array.from([...mutated(corpus, first), ...mutated(corpus, second)]);
        const sequence = bytes.length < 12 ? 1 : new DataView(bytes.buffer).getUint32(8, true);
        const answer = new Answer({
          requestOf: (number) => (number === sequence ? request : undefined),
          isLast: () => true,
        });
        survived(() => answer.read(new Reader(bytes), bytes.length));
        expect(answer.values.length).toBeLessThanOrEqual(bytes.length);
      }),
      parameters,
    );
  });

  test('bytes that are no message at all', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...TARGETS), (bytes, [, codec]) => {
        survived(() => decode(codec, bytes));
      }),
      parameters,
    );
  });
});

test.runIf(LITTLE_ENDIAN)('encode(decode(x)) decodes to the same, and encodes to the same bytes', () => {
  for (const [, codec, corpus] of TARGETS) {
    for (const bytes of corpus) {
      const value = decode<Any>(codec, bytes);
      const again = encode<Any>(codec, value);
      expect(decode(codec, again)).toEqual(value);
      expect(encode<Any>(codec, decode<Any>(codec, again))).toEqual(again);
    }
  }
});
