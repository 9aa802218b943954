import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_DATASEC,
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VAR,
  BTF_KIND_VOLATILE,
} from '../../uapi/btf.js';
import type { Reader } from '../../wire/reader.js';
import type { StringTable } from '../string-table.js';
import type { BtfComposite, BtfModifier, BtfType } from './types.js';

/** What a kind is read from. */
export interface Source {
  readonly reader: Reader;
  readonly strings: Pick<StringTable, 'at'>;
}

/** What `struct btf_type` says, whatever its kind. */
export interface Head {
  readonly name: string;
  /** kind_flag. */
  readonly flag: boolean;
  /** vlen: how many entries follow. */
  readonly count: number;
  /** The last member: a size or a type id. */
  readonly word: number;
  /** Where the data after the struct begins. */
  readonly start: number;
}

/** How a kind goes on after `struct btf_type`; the data is of 32-bit words throughout. */
export interface Kind {
  /** Bytes that always follow. */
  readonly fixed: number;
  /** Bytes of each of the `count` entries. */
  readonly each: number;
  /** The bytes are known to be there. */
  read(source: Source, head: Head): BtfType;
}

/** By BTF_KIND_*. */
export const KINDS: Readonly<Record<number, Kind>> = {
  [BTF_KIND_INT]: {
    fixed: 4,
    each: 0,
    read({ reader }, { name, word, start }) {
      const data = reader.view.getUint32(start, true);
      const encoding = (data >>> 24) & 0xf;
      return { kind: 'int', name, size: word, encoding, bitOffset: (data >>> 16) & 0xff, bits: data & 0xff };
    },
  },
  [BTF_KIND_ARRAY]: {
    fixed: 12,
    each: 0,
    read({ reader: { view } }, { start }) {
      const [type, indexType] = [view.getUint32(start, true), view.getUint32(start + 4, true)];
      return { kind: 'array', name: '', type, indexType, length: view.getUint32(start + 8, true) };
    },
  },
  [BTF_KIND_PTR]: { fixed: 0, each: 0, read: (_, { word }) => ({ kind: 'ptr', name: '', type: word }) },
  [BTF_KIND_TYPEDEF]: modifier('typedef'),
  [BTF_KIND_VOLATILE]: modifier('volatile'),
  [BTF_KIND_CONST]: modifier('const'),
  [BTF_KIND_RESTRICT]: modifier('restrict'),
  [BTF_KIND_TYPE_TAG]: modifier('typeTag'),
  [BTF_KIND_STRUCT]: composite('struct'),
  [BTF_KIND_UNION]: composite('union'),
  [BTF_KIND_ENUM]: {
    fixed: 0,
    each: 8,
    read(source, head) {
      const values = entries(source, head, 8, (view, at, name) => ({
        name,
        value: head.flag ? view.getInt32(at + 4, true) : view.getUint32(at + 4, true),
      }));
      return { kind: 'enum', name: head.name, size: head.word, signed: head.flag, values };
    },
  },
  [BTF_KIND_ENUM64]: {
    fixed: 0,
    each: 12,
    read(source, head) {
      const values = entries(source, head, 12, (view, at, name) => ({
        name,
        value: head.flag ? view.getBigInt64(at + 4, true) : view.getBigUint64(at + 4, true),
      }));
      return { kind: 'enum64', name: head.name, size: head.word, signed: head.flag, values };
    },
  },
  [BTF_KIND_FWD]: { fixed: 0, each: 0, read: (_, { name, flag }) => ({ kind: 'fwd', name, union: flag }) },
  // The linkage of a function is where others have their count.
  [BTF_KIND_FUNC]: {
    fixed: 0,
    each: 0,
    read: (_, { name, word, count }) => ({ kind: 'func', name, type: word, linkage: count }),
  },
  [BTF_KIND_FUNC_PROTO]: {
    fixed: 0,
    each: 8,
    read(source, head) {
      const params = entries(source, head, 8, (view, at, name) => ({ name, type: view.getUint32(at + 4, true) }));
      return { kind: 'funcProto', name: '', type: head.word, params };
    },
  },
  [BTF_KIND_VAR]: {
    fixed: 4,
    each: 0,
    read: ({ reader }, { name, word, start }) => ({
      kind: 'var',
      name,
      type: word,
      linkage: reader.view.getUint32(start, true),
    }),
  },
  [BTF_KIND_DATASEC]: {
    fixed: 0,
    each: 12,
    read({ reader: { view } }, { name, word, count, start }) {
      const variables = Array.from({ length: count }, (_, index) => {
        const at = start + index * 12;
        return {
          type: view.getUint32(at, true),
          offset: view.getUint32(at + 4, true),
          size: view.getUint32(at + 8, true),
        };
      });
      return { kind: 'datasec', name, size: word, variables };
    },
  },
  [BTF_KIND_FLOAT]: { fixed: 0, each: 0, read: (_, { name, word }) => ({ kind: 'float', name, size: word }) },
  [BTF_KIND_DECL_TAG]: {
    fixed: 4,
    each: 0,
    read: ({ reader }, { name, word, flag, start }) => ({
      kind: 'declTag',
      name,
      type: word,
      component: reader.view.getInt32(start, true),
      kindFlag: flag,
    }),
  },
};

function modifier(kind: BtfModifier['kind']): Kind {
  return { fixed: 0, each: 0, read: (_, { name, word, flag }) => ({ kind, name, type: word, kindFlag: flag }) };
}

function composite(kind: BtfComposite['kind']): Kind {
  return {
    fixed: 0,
    each: 12,
    read(source, head) {
      const members = entries(source, head, 12, (view, at, name) => {
        const place = view.getUint32(at + 8, true);
        const [bitOffset, bitSize] = head.flag ? [place & 0xffffff, place >>> 24] : [place, 0];
        return { name, type: view.getUint32(at + 4, true), bitOffset, bitSize };
      });
      return { kind, name: head.name, size: head.word, members, kindFlag: head.flag };
    },
  };
}

/** Entries that begin with a name. */
function entries<T>(
  { reader, strings }: Source,
  { start, count }: Head,
  size: number,
  read: (view: DataView, at: number, name: string) => T,
): T[] {
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return read(reader.view, at, strings.at(reader.view.getUint32(at, true)));
  });
}
