/** What a relocation says of one type: the program's, or the kernel's. */
export interface Value {
  readonly value: bigint;
  /** Of the program's: whether the instruction has to hold it before it is patched, as a sign of a sound object. */
  readonly checked: boolean;
  /** A number of 32 bits, extended by its sign, whether it has one or not: BTF of older compilers does not tell. */
  readonly extended?: boolean;
  /** What a load or store at this place moves. */
  readonly memory?: Memory;
}

export interface Memory {
  /** Bytes. */
  readonly size: number;
  /** A value that is zero-extended when it is loaded: shorter or longer, it stays the same number. */
  readonly extends: 'pointer' | 'unsigned' | 'no';
}
