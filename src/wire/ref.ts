/**
 * The part of the `ref` interface that ref-struct-di needs to lay out a struct. Nothing is read or written through it:
 * it gives offsets, from which accessors are generated.
 */
interface RefType {
  readonly size: number;
  readonly alignment: number;
  readonly indirection: 1;
}

const POINTER = 8;
const notForAccess = (): never => {
  throw new Error('this ref only lays structs out');
};

export const ref = {
  sizeof: { pointer: POINTER },
  alignof: { pointer: POINTER },
  NULL: undefined,
  coerceType: (type: RefType): RefType => type,
  get: notForAccess,
  set: notForAccess,
  type: (size: number, alignment: number): RefType => ({ size, alignment, indirection: 1 }),
};
