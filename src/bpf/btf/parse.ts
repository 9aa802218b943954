import { BTF_MAGIC, BTF_MAX_TYPE, BTF_VERSION } from '../../uapi/btf.js';
import { Reader } from '../../wire/reader.js';
import { StringTable } from '../string-table.js';
import { KINDS, type Source } from './kinds.js';
import type { Btf, BtfType } from './types.js';

const HEADER_SIZE = 24;
const TYPE_SIZE = 12;

/**
 * Reads BTF, little endian, of all 19 kinds.
 *
 * Every type id in the result is one of the result's. What newer kernels add after the header is left out.
 * Source: Documentation/bpf/btf.rst, include/uapi/linux/btf.h (v7.3).
 *
 * @throws DecodeError when it is damaged.
 */
export function parseBtf(bytes: Uint8Array): Btf {
  const reader = new Reader(bytes);
  const { types, strings } = readHeader(reader);
  const source = { reader, strings: new StringTable(bytes.subarray(strings.start, strings.end), strings.start) };
  const result: BtfType[] = [{ kind: 'void', name: '' }];
  const starts = [types.start];
  for (let at = types.start; at < types.end; ) {
    if (result.length > BTF_MAX_TYPE) reader.fail(at, `has more than ${BTF_MAX_TYPE} types`);
    starts.push(at);
    const { type, end } = readType(source, at, types.end);
    result.push(type);
    at = end;
  }
  result.forEach((type, id) => {
    for (const used of typesIn(type)) {
      if (used >= result.length)
        reader.fail(starts[id]!, `type ${id} (${type.kind}) refers to type ${used}, which is not there`);
    }
  });
  return { types: result, strings: source.strings };
}

/** A piece of the input, in bytes. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Where the types and the strings lie. The strings of split BTF go on where those of its base end. */
export function readHeader(reader: Reader, isSplit = false): { types: Extent; strings: Extent } {
  const { view, bytes } = reader;
  if (bytes.length < HEADER_SIZE) reader.fail(bytes.length, 'BTF header is cut short');
  if (view.getUint16(0, false) === BTF_MAGIC) reader.fail(0, 'big-endian BTF');
  if (view.getUint16(0, true) !== BTF_MAGIC) reader.fail(0, 'not BTF');
  if (view.getUint8(2) !== BTF_VERSION) reader.fail(2, `BTF version ${view.getUint8(2)}, not ${BTF_VERSION}`);
  const length = view.getUint32(4, true);
  if (length < HEADER_SIZE || length > bytes.length) reader.fail(4, `BTF header of ${length} bytes`);
  const part = (at: number): Extent => {
    const start = length + view.getUint32(at, true);
    const end = start + view.getUint32(at + 4, true);
    if (end > bytes.length) reader.fail(at, `names bytes ${start} to ${end} of ${bytes.length}`);
    return { start, end };
  };
  const types = part(8);
  const strings = part(16);
  if (types.start % 4 !== 0) reader.fail(8, 'types are not aligned to 4 bytes');
  if (strings.start < types.end && types.start < strings.end) reader.fail(16, 'types and strings overlap');
  const isEmpty = strings.start === strings.end;
  const begins = isSplit || (!isEmpty && bytes[strings.start] === 0);
  if (!begins || (!isEmpty && bytes[strings.end - 1] !== 0)) {
    reader.fail(strings.start, 'strings do not begin and end with NUL');
  }
  return { types, strings };
}

function readType(source: Source, at: number, end: number): { type: BtfType; end: number } {
  const { reader } = source;
  if (end - at < TYPE_SIZE) reader.fail(at, 'type is cut short');
  const info = reader.view.getUint32(at + 4, true);
  const number = (info >>> 24) & 0x7f;
  const kind = KINDS[number] ?? reader.fail(at + 4, `unknown kind ${number}`);
  const count = info & 0xffffff;
  const size = kind.fixed + kind.each * count;
  const start = at + TYPE_SIZE;
  if (size > end - start) reader.fail(at, `type with ${count} entries is cut short`);
  const type = kind.read(source, {
    name: source.strings.at(reader.view.getUint32(at, true)),
    flag: info >>> 31 === 1,
    count,
    word: reader.view.getUint32(at + 8, true),
    start,
  });
  return { type, end: start + size };
}

/** The ids of the types that `type` refers to. */
export function* typesIn(type: BtfType): IterableIterator<number> {
  if ('type' in type) yield type.type;
  if ('indexType' in type) yield type.indexType;
  const parts =
    'members' in type ? type.members : 'params' in type ? type.params : 'variables' in type ? type.variables : [];
  for (const part of parts) yield part.type;
}
