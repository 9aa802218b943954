import { describe, expect, test } from 'vitest';
import { btfSection } from '../../../src/bpf/btf/from-elf.js';
import { LazyBtf } from '../../../src/bpf/btf/lazy.js';
import { CoreRelocator, type Poisoned } from '../../../src/bpf/core/relocate.js';
import { Instructions, LD_IMM64 } from '../../../src/bpf/instruction.js';
import { link } from '../../../src/bpf/object/link.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { ObjectError } from '../../../src/bpf/object-error.js';
import type { Code, CoreRelocation } from '../../../src/bpf/spec.js';
import { BPF_CORE_FIELD_BYTE_OFFSET, BPF_CORE_TYPE_ID_LOCAL } from '../../../src/uapi/bpf.js';
import { DecodeError } from '../../../src/wire/error.js';
import { objectBytes } from '../../support/objects.js';

const object = parseObject(objectBytes('core_source'));
const target = new LazyBtf(btfSection(objectBytes('core_target')));
const relocator = (): CoreRelocator => new CoreRelocator(object.btf!, { first: () => target, others: () => [] });

/** A program of core_source.c as the types of core_target.c want it. */
function fitted(name: string): { code: Code; missing: Poisoned } {
  const code = link(object.programs.find((program) => program.name === name)!);
  return { code, missing: relocator().apply(code, name) };
}

/** What each relocated instruction holds, in the order of the source. */
function held({ instructions, coreRelocations }: Code): (number | bigint)[] {
  const code = new Instructions(instructions);
  return coreRelocations.map(({ instruction }) => {
    const { opcode, imm } = code.at(instruction);
    if (opcode !== LD_IMM64) return imm;
    return (BigInt(code.at(instruction + 1).imm) << 32n) | BigInt(imm >>> 0);
  });
}

// The values are libbpf's, for the same two objects (btf_custom_path, 1.1.2), except where noted.
describe('fields', () => {
  test('are where the target has them', () => {
    // 8 of outer[1] is behind the 136 bytes of the first
    expect(held(fitted('offsets').code)).toEqual([
      12,
      16,
      26 + 6,
      72 + 8,
      40 + 16 + 8,
      20,
      24,
      120,
      136 + 12,
      0,
      136 + 9,
    ]);
  });

  test('have its sizes, signs and shifts', () => {
    const lows = [64 - 3, 64 - 3];
    const highs = [64 - 6, 64 - 6];
    const grows = [0, 0];
    expect(held(fitted('facts').code)).toEqual([
      ...[4, 8, 8, 0, 1, 0, 0],
      ...[1, 0, 1, 0],
      ...lows,
      ...highs,
      ...grows,
      0,
    ]);
  });

  test('are read and written in its sizes where the number stays the same', () => {
    const { code, missing } = fitted('accesses');
    expect(missing.size).toBe(0);
    const accesses = code.coreRelocations.map(({ instruction }) => new Instructions(code.instructions).at(instruction));
    expect(accesses.map(({ opcode, offset }) => [opcode, offset])).toEqual([
      [0x61, 80],
      [0x61, 12],
      [0x71, 112],
      [0x79, 96],
      [0x79, 104],
      [0x7b, 104],
      [0x63, 16],
      [0x61, 48],
    ]);
  });

  test('that are missing poison what uses them, and why is known', () => {
    const { code, missing } = fitted('missing');
    const instructions = new Instructions(code.instructions);
    for (const index of missing.keys()) {
      expect(instructions.at(index)).toEqual({ opcode: 0x85, dst: 0, src: 0, offset: 0, imm: 0xbad2310 });
    }
    expect([...new Set(missing.values())]).toMatchInlineSnapshot(`
      [
        "the offset of struct only_here.x: there is no struct only_here",
        "the offset of struct outer.inners[2].x: struct outer has no such member, or of another kind",
        "the offset of struct outer.gone: struct outer has no such member, or of another kind",
        "the value of enum color::BLUE: enum color has no such member, or of another kind",
        "the offset of struct outer.wrong: struct outer has no such member, or of another kind",
        "the offset of struct outer.becomes_bits: it has 2 bytes in the program and a few bits in the kernel, and is neither pointer nor unsigned",
        "the offset of struct outer.color: struct outer has no such member, or of another kind",
        "the offset of struct outer.array[1]: it has 4 bytes in the program and 2 bytes in the kernel, and is neither pointer nor unsigned",
      ]
    `);
  });
});

test('types exist, have sizes, and match', () => {
  expect(held(fitted('types').code)).toEqual([1, 0, 136, 0, 1, 0, 1, 1, 1, 1, 0, 0, 8]);
});

describe('constants', () => {
  test('have the values of the target, of 32 and 64 bits', () => {
    expect(held(fitted('enumerators').code)).toEqual([1n, 0n, -3n, 0x200000000n, 0x300000000n]);
  });

  test('of 32 bits without sign stay so', () => {
    // libbpf refuses it: it expects the instruction to hold all ones.
    expect(held(fitted('unsigned_top').code)).toEqual([0xffffffffn]);
  });
});

describe('two types of one name', () => {
  test('that disagree are refused', () => {
    expect(() => fitted('ambiguous')).toThrow(ObjectError);
    expect(() => fitted('ambiguous')).toThrow(
      'program ambiguous, CO-RE relocation of instruction 0: the offset of struct twins.differs is ambiguous, ' +
        'since types of that name differ: 8 in type 27, 4 in type 29',
    );
  });

  test('are one as soon as only one has what is asked for', () => {
    expect(held(fitted('settled').code)).toEqual([1, 4]);
  });

  test('are settled in the order of the object file', () => {
    const core = relocator();
    const [ambiguous, settled] = ['ambiguous', 'settled'].map((name) => ({
      name,
      code: link(object.programs.find((program) => program.name === name)!),
    }));
    const first = {
      ...settled!,
      code: { coreRelocations: settled!.code.coreRelocations.map((r) => ({ ...r, order: 0 })) },
    };
    core.settle([ambiguous!, first]);
    core.apply(ambiguous!.code, 'ambiguous');
    expect(held(ambiguous!.code)).toEqual([4]);
  });
});

describe('what is damaged', () => {
  const outer = object.btf!.types.findIndex(({ name }) => name === 'outer');
  const one = (relocation: Partial<CoreRelocation>, instruction = [0xb7, 0, 0, 0, 0, 0, 0, 0]): void => {
    const whole = { instruction: 0, typeId: outer, access: '0:0', kind: BPF_CORE_FIELD_BYTE_OFFSET, order: 0 };
    const code = {
      ...{ instructions: Uint8Array.from(instruction), references: [], externs: [], funcInfo: [], lineInfo: [] },
      coreRelocations: [{ ...whole, ...relocation }],
    };
    relocator().apply(code, 'damaged');
  };

  test.each<[string, Partial<CoreRelocation>, number[] | undefined]>([
    ['no access', { access: '' }, undefined],
    ['no numbers', { access: '0:x' }, undefined],
    ['a negative index', { access: '-1:0' }, undefined],
    ['no such member', { access: '0:99' }, undefined],
    ['into an integer', { access: '0:0:0' }, undefined],
    ['behind the end of an array', { access: '0:2:4' }, undefined],
    ['too deep', { access: '0'.concat(':0'.repeat(64)) }, undefined],
    ['too far', { access: '2147483647:0' }, undefined],
    ['unknown kind', { kind: 13 }, undefined],
    ['no such type', { typeId: 100_000 }, undefined],
    ['a type without size', { typeId: 0 }, undefined],
    ['an enumerator of a struct', { kind: 11, access: '0' }, undefined],
    ['no such instruction', { instruction: 1 }, undefined],
    ['another value', {}, [0xb7, 0, 0, 0, 1, 0, 0, 0]],
    ['arithmetic of registers', {}, [0x0f, 0x10, 0, 0, 0, 0, 0, 0]],
    ['a jump', {}, [0x05, 0, 0, 0, 0, 0, 0, 0]],
    ['half a load of 64 bits', {}, [0x18, 0, 0, 0, 0, 0, 0, 0]],
  ])('%s', (_, relocation, instruction) => {
    expect(() => one(relocation, instruction)).toThrow(DecodeError);
    expect(() => one(relocation, instruction)).toThrow(/^program damaged, CO-RE relocation of instruction \d/);
  });

  test('the local number of a type needs no kernel', () => {
    const core = new CoreRelocator(object.btf!, { first: () => expect.unreachable(), others: () => [] });
    const code = {
      ...{ instructions: Uint8Array.from([0xb7, 0, 0, 0, 0, 0, 0, 0]), references: [], externs: [] },
      ...{ funcInfo: [], lineInfo: [] },
      coreRelocations: [{ instruction: 0, typeId: outer, access: '0', kind: BPF_CORE_TYPE_ID_LOCAL, order: 0 }],
    };
    core.apply(code, 'local');
    expect(held(code)).toEqual([outer]);
  });
});
