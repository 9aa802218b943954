import {
  BPF_CORE_FIELD_BYTE_OFFSET,
  BPF_CORE_FIELD_BYTE_SIZE,
  BPF_CORE_FIELD_EXISTS,
  BPF_CORE_FIELD_LSHIFT_U64,
  BPF_CORE_FIELD_RSHIFT_U64,
  BPF_CORE_FIELD_SIGNED,
} from '../../uapi/bpf.js';
import { BTF_INT_SIGNED } from '../../uapi/btf.js';
import { resolve, sizeOf, typeError } from '../btf/resolve.js';
import type { BtfType, BtfTypes } from '../btf/types.js';
import { memberOf } from './match.js';
import type { Walk } from './spec.js';
import type { Memory, Value } from './value.js';

/** Where a field is, and how it is read: by a load of `byteSize` bytes, of which `bitSize` bits are the field's. */
interface Place {
  readonly type: BtfType;
  readonly byteOffset: number;
  readonly byteSize: number;
  readonly bitOffset: number;
  readonly bitSize: number;
  readonly isBitField: boolean;
}

/**
 * What the program sees of a field or an item; undefined when there is none.
 *
 *   struct s { int a; unsigned b:3, c:7; } on x86      a        c
 *   offset                                             0        4     of the load that has the whole of it
 *   size                                               4        4     of that load
 *   left shift                                         32       54    64 - (bits behind its end): 64 - (3 + 7)
 *   right shift                                        32       57    64 - its bits
 *   signed                                             1        0
 *
 * @throws DecodeError for what such a field does not have.
 */
export function fieldValue(kind: number, walk: Walk | undefined): Value | undefined {
  if (kind === BPF_CORE_FIELD_EXISTS) return { value: walk === undefined ? 0n : 1n, checked: true };
  if (walk === undefined) return undefined;
  const { name, type } = walk.steps.at(-1)!;
  return name === undefined ? itemValue(kind, walk, type) : memberValue(kind, walk);
}

/** An item of an array, or the whole of what a pointer points at. */
function itemValue(kind: number, { btf, bitOffset }: Walk, id: number): Value {
  const size = sizeOf(btf, id);
  if (kind === BPF_CORE_FIELD_BYTE_OFFSET) {
    return { value: BigInt(Math.floor(bitOffset / 8)), checked: true, memory: memory(resolve(btf, id).type, size) };
  }
  if (kind === BPF_CORE_FIELD_BYTE_SIZE) return { value: BigInt(size), checked: true };
  throw typeError(btf, id, 'is an item of an array, which has neither sign nor shifts');
}

function memberValue(kind: number, walk: Walk): Value {
  const place = placeOf(walk);
  const { type, byteOffset, byteSize, bitOffset, bitSize, isBitField } = place;
  // A compiler may load a bit-field in another way than this.
  const checked = !isBitField;
  switch (kind) {
    case BPF_CORE_FIELD_BYTE_OFFSET:
      return { value: BigInt(byteOffset), checked, ...(isBitField ? {} : { memory: memory(type, byteSize) }) };
    case BPF_CORE_FIELD_BYTE_SIZE:
      return { value: BigInt(byteSize), checked };
    case BPF_CORE_FIELD_SIGNED:
      return { value: isSigned(type) ? 1n : 0n, checked: true };
    case BPF_CORE_FIELD_LSHIFT_U64:
      return { value: BigInt.asUintN(64, BigInt(64 - (bitOffset + bitSize - 8 * byteOffset))), checked };
    case BPF_CORE_FIELD_RSHIFT_U64:
      return { value: BigInt.asUintN(64, BigInt(64 - bitSize)), checked: true };
    default:
      throw typeError(walk.btf, walk.root, `has no field of CO-RE kind ${kind}`);
  }
}

function placeOf({ btf, steps, bitOffset }: Walk): Place {
  const member = memberOf(btf, steps.at(-1)!);
  const { id, type } = resolve(btf, member.type);
  if (member.bitSize === 0) {
    const byteSize = sizeOf(btf, id);
    const byteOffset = Math.floor(bitOffset / 8);
    return { type, byteOffset, byteSize, bitOffset, bitSize: 8 * byteSize, isBitField: false };
  }
  const { bitSize } = member;
  return { type, ...smallestLoad(btf, id, bitOffset, bitSize), bitOffset, bitSize, isBitField: true };
}

/**
 * The smallest aligned load, of the declared type's size or more, that has the whole of a bit-field.
 *
 *   int a:4 at bit 30: bytes 0 to 3 end at bit 32, too early for bit 34; bytes 0 to 7 do
 */
function smallestLoad(btf: BtfTypes, id: number, bitOffset: number, bitSize: number) {
  for (let byteSize = sizeOf(btf, id); byteSize > 0 && byteSize <= 8; byteSize *= 2) {
    const byteOffset = Math.floor(bitOffset / 8 / byteSize) * byteSize;
    if (bitOffset + bitSize <= 8 * (byteOffset + byteSize)) return { byteOffset, byteSize };
  }
  throw typeError(btf, id, `is that of a bit-field of ${bitSize} bits that no single load has`);
}

function isSigned(type: BtfType): boolean {
  if (type.kind === 'int') return (type.encoding & BTF_INT_SIGNED) !== 0;
  return (type.kind === 'enum' || type.kind === 'enum64') && type.signed;
}

function memory(type: BtfType, size: number): Memory {
  const unsigned = type.kind === 'int' && type.encoding !== BTF_INT_SIGNED;
  return { size, extends: type.kind === 'ptr' ? 'pointer' : unsigned ? 'unsigned' : 'no' };
}
