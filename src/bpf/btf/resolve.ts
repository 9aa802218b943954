import { DecodeError } from '../../wire/error.js';
import type { Btf, BtfModifier, BtfType, BtfTypes } from './types.js';

/** Deeper than any compiler nests; hostile types may point at themselves. */
export const DEEPEST = 32;
const POINTER_SIZE = 8;
const LARGEST = 0xffffffff;

type Solid = Exclude<BtfType, BtfModifier>;

const MODIFIERS: ReadonlySet<string> = new Set<BtfModifier['kind']>([
  'typedef',
  'volatile',
  'const',
  'restrict',
  'typeTag',
]);
const isModifier = (type: BtfType): type is BtfModifier => MODIFIERS.has(type.kind);

/** An error about type `id`. */
export function typeError(btf: BtfTypes, id: number, reason: string): DecodeError {
  const type = btf.types.at(id);
  const name = type === undefined || type.name === '' ? '' : ` ${type.name}`;
  return new DecodeError(reason, 0, `type ${id}${type === undefined ? '' : ` (${type.kind}${name})`}`);
}

/** The type with number `id`. @throws DecodeError when there is none. */
export function typeOf(btf: BtfTypes, id: number): BtfType {
  const type = btf.types.at(id);
  if (type === undefined) throw typeError(btf, id, 'is not there');
  return type;
}

/** The type that `id` stands for once typedefs, qualifiers and tags are taken away, and its number. */
export function resolve(btf: BtfTypes, id: number): { readonly id: number; readonly type: Solid } {
  let current = id;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const type = typeOf(btf, current);
    if (!isModifier(type)) return { id: current, type };
    current = type.type;
  }
  throw typeError(btf, id, `is more than ${DEEPEST} types deep`);
}

/** sizeof: bytes of a value of type `id`. @throws DecodeError for what has no size. */
export function sizeOf(btf: BtfTypes, id: number): number {
  let count = 1;
  let current = id;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { type } = resolve(btf, current);
    if (type.kind === 'var') current = type.type;
    else if (type.kind !== 'array') {
      const size = type.kind === 'ptr' ? (btf.pointerSize ?? POINTER_SIZE) : 'size' in type ? type.size : undefined;
      if (size === undefined) throw typeError(btf, id, `has no size (${type.kind})`);
      if (count * size > LARGEST) throw typeError(btf, id, 'is larger than 4 GiB');
      return count * size;
    } else {
      // Not beyond what numbers are exact for: of items without size there may be any number.
      count = Math.min(count * type.length, Number.MAX_SAFE_INTEGER);
      current = type.type;
    }
  }
  throw typeError(btf, id, `is more than ${DEEPEST} types deep`);
}

type Index = ReadonlyMap<string, ReadonlyMap<string, number>>;
const indexes = new WeakMap<Btf, Index>();

/** The number of the first type of this kind and name; 0 when there is none. */
export function findType(btf: Btf, kind: BtfType['kind'], name: string): number {
  let index = indexes.get(btf);
  if (index === undefined) {
    index = indexOf(btf);
    indexes.set(btf, index);
  }
  return index.get(kind)?.get(name) ?? 0;
}

/** Numbers by kind, then by name: keys made of both would copy every name. */
function indexOf(btf: Btf): Index {
  const index = new Map<string, Map<string, number>>();
  btf.types.forEach(({ kind, name }, id) => {
    const names = index.get(kind) ?? new Map<string, number>();
    index.set(kind, names);
    if (!names.has(name)) names.set(name, id);
  });
  return index;
}
