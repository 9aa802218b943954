import { EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB } from '../../uapi/elf.js';
import { Reader } from '../../wire/reader.js';
import { StringTable } from '../string-table.js';

const ELF_MAGIC = 0x464c457f;
const EHDR_SIZE = 64;
const SHDR_SIZE = 64;

/**
 * The BTF in `bytes`: section `.BTF` of an ELF file, for whatever machine it is (64 bits, little endian), or all of them
 * where they are no ELF file.
 *
 * @throws DecodeError when the ELF file is damaged, or has no such section.
 */
export function btfSection(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes);
  const { view } = reader;
  if (bytes.length < 4 || view.getUint32(0, true) !== ELF_MAGIC) return bytes;
  if (bytes.length < EHDR_SIZE || bytes[EI_CLASS] !== ELFCLASS64 || bytes[EI_DATA] !== ELFDATA2LSB) {
    reader.fail(EI_CLASS, 'not a 64-bit little-endian ELF file');
  }
  const table = Number(view.getBigUint64(40, true));
  const [entry, count, names] = [58, 60, 62].map((at) => view.getUint16(at, true)) as [number, number, number];
  if (entry !== SHDR_SIZE || table + count * SHDR_SIZE > bytes.length || names >= count) {
    reader.fail(40, 'section table is cut short');
  }
  const sections = Array.from({ length: count }, (_, index) => readSection(reader, table + index * SHDR_SIZE));
  const strings = new StringTable(dataOf(reader, sections[names]!));
  const found = sections.find(({ name }) => strings.at(name) === '.BTF');
  return dataOf(reader, found ?? reader.fail(table, 'has no section .BTF'));
}

interface Section {
  /** Where its header is. */
  readonly at: number;
  readonly name: number;
  readonly offset: number;
  readonly size: number;
}

function readSection({ view }: Reader, at: number): Section {
  const [offset, size] = [view.getBigUint64(at + 24, true), view.getBigUint64(at + 32, true)];
  return { at, name: view.getUint32(at, true), offset: Number(offset), size: Number(size) };
}

function dataOf(reader: Reader, { at, offset, size }: Section): Uint8Array {
  const end = offset + size;
  if (end > reader.bytes.length) reader.fail(at, `names bytes ${offset} to ${end} of ${reader.bytes.length}`);
  return reader.bytes.subarray(offset, end);
}
