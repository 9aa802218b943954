import fc from 'fast-check';
import { expect, test } from 'vitest';
import { btfSection } from '../../../src/bpf/btf/from-elf.js';
import { LazyBtf } from '../../../src/bpf/btf/lazy.js';
import { CoreRelocator } from '../../../src/bpf/core/relocate.js';
import { link } from '../../../src/bpf/object/link.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { ObjectError } from '../../../src/bpf/object-error.js';
import type { Code, CoreRelocation } from '../../../src/bpf/spec.js';
import { DecodeError } from '../../../src/wire/error.js';
import { objectBytes } from '../../support/objects.js';

const object = parseObject(objectBytes('core_source'));
const codes = object.programs.map(link);
const target = btfSection(objectBytes('core_target'));
const targets = (btf: LazyBtf) => ({ first: () => btf, others: () => [] });

/** Of the clock on the wall, which other work on the machine moves as well. */
const SLOWEST_MS = 5000;

/** Fits all programs to `btf`; anything but a value or an error of ours in reasonable time fails. */
function survives(types: LazyBtf | (() => LazyBtf), programs: readonly Code[]): void {
  const start = performance.now();
  for (const code of programs) {
    try {
      const btf = typeof types === 'function' ? types() : types;
      const fresh = { ...code, instructions: code.instructions.slice() };
      new CoreRelocator(object.btf!, targets(btf)).apply(fresh, 'hostile');
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof ObjectError)) throw error;
    }
  }
  expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
}

/** Words of BTF, most of them small: they are type numbers, sizes and offsets. */
const word = fc.oneof(
  fc.nat(40),
  fc.constantFrom(0x04000001, 0x84000002, 0x05000001, 0x7fffffff, 0xffffffff),
  fc.nat(),
);

test('damaged types of a kernel', { timeout: 120_000 }, () => {
  const damage = fc.array(fc.tuple(fc.nat((target.length >> 2) - 1), word), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(damage, (words) => {
      const bytes = target.slice();
      const view = new DataView(bytes.buffer);
      for (const [index, value] of words) view.setUint32(4 * index, value, true);
      survives(() => new LazyBtf(bytes), codes);
    }),
    { numRuns: 2_000 },
  );
});

test('damaged relocations', { timeout: 120_000 }, () => {
  const types = new LazyBtf(target);
  const step = fc.oneof(fc.nat(6).map(String), fc.constantFrom('', '-1', '99999999999999999999', 'x', '4294967295'));
  const relocation: fc.Arbitrary<CoreRelocation> = fc.record({
    instruction: fc.oneof(fc.nat(40), fc.nat()),
    typeId: fc.oneof(fc.nat(object.btf!.types.length), fc.nat()),
    access: fc.array(step, { minLength: 1, maxLength: 70 }).map((steps) => steps.join(':')),
    kind: fc.nat(14),
    order: fc.nat(),
  });
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.array(relocation, { minLength: 1, maxLength: 4 }), (code, relocations) =>
      survives(types, [{ ...code, coreRelocations: relocations }]),
    ),
    { numRuns: 20_000 },
  );
});

test('damaged types of a program', { timeout: 120_000 }, () => {
  const bytes = objectBytes('core_source');
  const btf = btfSection(bytes);
  const types = new LazyBtf(target);
  const damage = fc.array(fc.tuple(fc.nat((btf.length >> 2) - 1), word), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(damage, (words) => {
      const copy = bytes.slice();
      const view = new DataView(copy.buffer, btf.byteOffset - bytes.byteOffset);
      for (const [index, value] of words) view.setUint32(4 * index, value, true);
      try {
        const { programs, btf: local } = parseObject(copy);
        const core = new CoreRelocator(local ?? { types: [] }, targets(types));
        for (const program of programs) core.apply(link(program), program.name);
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof ObjectError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});
