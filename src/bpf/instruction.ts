/** Bytes of a `struct bpf_insn`. */
export const INSTRUCTION_SIZE = 8;

/** BPF_LD | BPF_IMM | BPF_DW: loads 64 bits, from two slots. */
export const LD_IMM64 = 0x18;
/** BPF_JMP | BPF_CALL. */
export const CALL = 0x85;

/** Parts of an opcode: its class, and of a load or store the size, of arithmetic the kind of operand. */
export const BPF_CLASS = 0x07;
export const BPF_SIZE = 0x18;
export const BPF_SRC = 0x08;

export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_ALU64 = 0x07;

/** BPF_SIZE by bytes: BPF_B, BPF_H, BPF_W, BPF_DW. */
export const BPF_SIZES: ReadonlyMap<number, number> = new Map([
  [1, 0x10],
  [2, 0x08],
  [4, 0x00],
  [8, 0x18],
]);

/** struct bpf_insn; immediates of 64 bits lie in the `imm` of two of them. */
export interface Instruction {
  readonly opcode: number;
  readonly dst: number;
  /** A register, or one of BPF_PSEUDO_*. */
  readonly src: number;
  /** Signed, in instructions. */
  readonly offset: number;
  /** Signed. */
  readonly imm: number;
}

/** Instructions as one after another in little-endian memory, read and patched by index. */
export class Instructions {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly #view: DataView;

  /** Over `bytes`, which it does not copy. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.length = Math.floor(bytes.length / INSTRUCTION_SIZE);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  at(index: number): Instruction {
    const start = index * INSTRUCTION_SIZE;
    const registers = this.#view.getUint8(start + 1);
    return {
      opcode: this.#view.getUint8(start),
      dst: registers & 0xf,
      src: registers >> 4,
      offset: this.#view.getInt16(start + 2, true),
      imm: this.#view.getInt32(start + 4, true),
    };
  }

  set(index: number, { opcode, dst, src, offset, imm }: Instruction): void {
    const start = index * INSTRUCTION_SIZE;
    this.#view.setUint8(start, opcode);
    this.#view.setUint8(start + 1, dst | (src << 4));
    this.#view.setInt16(start + 2, offset, true);
    this.#view.setInt32(start + 4, imm, true);
  }

  setSource(index: number, src: number): void {
    const at = index * INSTRUCTION_SIZE + 1;
    this.#view.setUint8(at, (this.#view.getUint8(at) & 0xf) | (src << 4));
  }

  /** Keeps the low 32 bits. */
  setImmediate(index: number, imm: number): void {
    this.#view.setInt32(index * INSTRUCTION_SIZE + 4, imm, true);
  }
}
