import { DecodeError } from '../../wire/error.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_CLASS,
  BPF_LD,
  BPF_LDX,
  BPF_SIZE,
  BPF_SIZES,
  BPF_SRC,
  BPF_ST,
  BPF_STX,
  CALL,
  INSTRUCTION_SIZE,
  type Instruction,
  type Instructions,
  LD_IMM64,
} from '../instruction.js';
import type { Memory, Value } from './value.js';

/**
 * The helper that a poisoned instruction calls, which no kernel has: 0xbad2310, libbpf's "bad relo". Where it is dead
 * code the verifier takes it out, and where it is not it says `invalid func unknown#195896080`.
 */
export const POISON = 0xbad2310;
/** The farthest that a load or store reaches. */
const MOST_OFFSET = 0x7fff;

/** From what the instruction holds to what it shall hold. */
export interface Change {
  readonly before: Value;
  readonly after: Value;
}

/**
 * Puts a value into the instruction that waits for it. Answers why it cannot be used as it is, in which case it is to be
 * poisoned; undefined when all is well. A worked example, of a field that is at byte 8 and not 4, and has 8 bytes and not 4:
 *
 *   r1 += 4                    r1 += 8
 *   r1 = 4 ll                  r1 = 8 ll
 *   r0 = *(u32 *)(r1 + 4)      r0 = *(u64 *)(r1 + 8)       for pointers and unsigned integers, else poisoned
 *
 * Source: bpf_core_patch_insn in tools/lib/bpf/relo_core.c (v6.12).
 *
 * @throws DecodeError when it is none of these, does not hold the value that it should, or cannot hold the new one.
 */
export function patch(code: Instructions, index: number, change: Change): string | undefined {
  const instruction = code.at(index);
  const apply = BY_CLASS[instruction.opcode & BPF_CLASS] ?? fail(index, `has opcode ${instruction.opcode}`);
  return apply(code, index, instruction, change);
}

/** Replaces an instruction by a call of {@link POISON}, both halves of a 64-bit load. */
export function poison(code: Instructions, index: number): void {
  const call = { opcode: CALL, dst: 0, src: 0, offset: 0, imm: POISON };
  if (code.at(index).opcode === LD_IMM64 && index + 1 < code.length) code.set(index + 1, call);
  code.set(index, call);
}

type Apply = (code: Instructions, index: number, instruction: Instruction, change: Change) => string | undefined;

const BY_CLASS: Readonly<Record<number, Apply>> = {
  [BPF_ALU]: patchArithmetic,
  [BPF_ALU64]: patchArithmetic,
  [BPF_LDX]: patchAccess,
  [BPF_ST]: patchAccess,
  [BPF_STX]: patchAccess,
  [BPF_LD]: patchLoad64,
};

function patchArithmetic(code: Instructions, index: number, instruction: Instruction, change: Change): undefined {
  if ((instruction.opcode & BPF_SRC) !== 0) fail(index, 'is arithmetic of two registers');
  expectHeld(index, BigInt(instruction.imm), change);
  code.set(index, { ...instruction, imm: low(change.after.value) });
}

function patchAccess(code: Instructions, index: number, instruction: Instruction, change: Change): string | undefined {
  const { value, memory } = change.after;
  expectHeld(index, BigInt(instruction.offset), change);
  if (value > MOST_OFFSET) fail(index, `cannot reach byte ${value}, but ${MOST_OFFSET} at most`);
  const before = change.before.memory;
  const opcode =
    before?.size === memory?.size ? instruction.opcode : resized(index, instruction.opcode, before, memory);
  if (opcode === undefined) {
    return `it has ${sizeOf(before)} in the program and ${sizeOf(memory)} in the kernel, and is neither pointer nor unsigned`;
  }
  code.set(index, { ...instruction, opcode, offset: Number(value) });
  return undefined;
}

/** The opcode for the other size; undefined when the value would not be the same. */
function resized(index: number, opcode: number, before: Memory | undefined, after: Memory | undefined) {
  if (before === undefined || after === undefined) return undefined;
  if (before.extends === 'no' || before.extends !== after.extends) return undefined;
  if (BPF_SIZES.get(before.size) !== (opcode & BPF_SIZE)) fail(index, `does not access ${before.size} bytes`);
  const size = BPF_SIZES.get(after.size) ?? fail(index, `cannot access ${after.size} bytes`);
  return (opcode & ~BPF_SIZE) | size;
}

const sizeOf = (memory: Memory | undefined): string => (memory === undefined ? 'a few bits' : `${memory.size} bytes`);

function patchLoad64(code: Instructions, index: number, instruction: Instruction, change: Change): undefined {
  const second = index + 1 < code.length ? code.at(index + 1) : undefined;
  const isPlain = instruction.opcode === LD_IMM64 && instruction.src === 0 && instruction.offset === 0;
  if (!isPlain || second === undefined || second.opcode + second.dst + second.src !== 0 || second.offset !== 0) {
    fail(index, 'is not a load of a 64-bit number');
  }
  const held = (BigInt(second.imm) << 32n) | BigInt(instruction.imm >>> 0);
  const { value } = expectHeld(index, held, change);
  code.set(index, { ...instruction, imm: low(value) });
  code.set(index + 1, { ...second, imm: low(value >> 32n) });
}

/** Answers what takes the place of `held`, which is extended by its sign unless it comes from a load of 64 bits. */
function expectHeld(index: number, held: bigint, { before, after }: Change): Value {
  if (!before.checked || BigInt.asUintN(64, held) === before.value) return after;
  // A constant without sign, of 32 bits: then so is the new one.
  if (before.extended && held === BigInt.asUintN(32, before.value)) return after.extended ? unsigned(after) : after;
  return fail(index, `holds ${held}, where ${before.value} is expected`);
}

const unsigned = (value: Value): Value => ({ ...value, value: BigInt.asUintN(32, value.value) });

const low = (value: bigint): number => Number(BigInt.asIntN(32, value));

function fail(index: number, reason: string): never {
  throw new DecodeError(`instruction ${index} ${reason}`, INSTRUCTION_SIZE * index);
}
