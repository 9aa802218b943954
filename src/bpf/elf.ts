import {
  EI_CLASS,
  EI_DATA,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EM_BPF,
  ET_REL,
  SHN_XINDEX,
  SHT_NOBITS,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB,
  STT_SECTION,
} from '../uapi/elf.js';
import { Reader } from '../wire/reader.js';
import { StringTable } from './string-table.js';

/** A relocatable ELF64 object for BPF, as sections, symbols and relocations. */
export interface ElfFile {
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

export interface ElfSection {
  /** Its number, which symbols name it by. */
  readonly index: number;
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** SHF_*. */
  readonly flags: number;
  /** Where its bytes begin in the file. */
  readonly offset: number;
  /** Bytes; more than `data` has for SHT_NOBITS. */
  readonly size: number;
  /** A view into the file; empty for SHT_NOBITS. */
  readonly data: Uint8Array;
  readonly link: number;
  readonly info: number;
  /** What is to be patched into `data`, by offset. */
  readonly relocations: readonly ElfRelocation[];
}

export interface ElfSymbol {
  /** Of a symbol that stands for a section, the section's. */
  readonly name: string;
  /** STB_*. */
  readonly bind: number;
  /** STT_*. */
  readonly type: number;
  /** STV_*. */
  readonly visibility: number;
  /** Index of its section; SHN_UNDEF for what is elsewhere. */
  readonly section: number;
  /** Offset in its section. */
  readonly value: number;
  /** Bytes. */
  readonly size: number;
}

export interface ElfRelocation {
  /** Byte of the section. */
  readonly offset: number;
  /** R_BPF_*. */
  readonly type: number;
  readonly symbol: ElfSymbol;
}

const EHDR_SIZE = 64;
const SHDR_SIZE = 64;
const SYM_SIZE = 24;
const REL_SIZE = 16;

/**
 * Reads an object file made by clang or GCC for BPF, little endian.
 *
 * Sections are views into `bytes`. Source: the System V ABI, chapter 4; include/uapi/linux/elf.h (v7.3).
 *
 * @throws DecodeError when it is something else, or damaged.
 */
export function parseElf(bytes: Uint8Array): ElfFile {
  const reader = new Reader(bytes);
  checkHeader(reader);
  const headers = readSectionHeaders(reader);
  const table = headers.find((header) => header.type === SHT_SYMTAB);
  const symbols = table === undefined ? [] : readSymbols(reader, table, headers);
  const relocations = new Map<number, ElfRelocation[]>();
  for (const header of headers) {
    if (header.type === SHT_RELA) reader.fail(header.offset, 'SHT_RELA relocations do not occur in BPF objects');
    if (header.type !== SHT_REL) continue;
    if (header.info >= headers.length)
      reader.fail(header.offset, `relocates section ${header.info}, which is not there`);
    const list = relocations.get(header.info) ?? [];
    relocations.set(header.info, list);
    for (const relocation of readRelocations(reader, header, symbols)) list.push(relocation);
  }
  const sections = headers.map((header) => ({ ...header, relocations: relocations.get(header.index) ?? [] }));
  return { sections, symbols };
}

function checkHeader(reader: Reader): void {
  const { bytes, view } = reader;
  if (bytes.length < 4 || view.getUint32(0, false) !== 0x7f454c46) reader.fail(0, 'not an ELF file');
  if (bytes.length < EHDR_SIZE) reader.fail(bytes.length, 'ELF header is cut short');
  if (bytes[EI_CLASS] !== ELFCLASS64) reader.fail(EI_CLASS, 'not a 64-bit ELF file');
  if (bytes[EI_DATA] === ELFDATA2MSB) {
    reader.fail(EI_DATA, 'is a big-endian object; build it for this host with -target bpf or -target bpfel');
  }
  if (bytes[EI_DATA] !== ELFDATA2LSB) reader.fail(EI_DATA, `unknown byte order ${bytes[EI_DATA]}`);
  if (view.getUint16(18, true) !== EM_BPF) {
    reader.fail(18, `is for machine ${view.getUint16(18, true)}, not for BPF (${EM_BPF}); build it with -target bpf`);
  }
  if (view.getUint16(16, true) !== ET_REL)
    reader.fail(16, 'not a relocatable object; link it with ld.lld -r or bpftool gen');
}

type Header = Omit<ElfSection, 'relocations'>;

function readSectionHeaders(reader: Reader): Header[] {
  const { view } = reader;
  const start = extent(reader, 40, view.getBigUint64(40, true), 0n).offset;
  const entrySize = view.getUint16(58, true);
  if (start === 0) return [];
  if (entrySize !== SHDR_SIZE) reader.fail(58, `section headers have ${entrySize} bytes, not ${SHDR_SIZE}`);
  // With 0xff00 sections and more, the first header holds the numbers that do not fit the ELF header.
  extent(reader, 40, BigInt(start), BigInt(SHDR_SIZE));
  const count = view.getUint16(60, true) || Number(view.getBigUint64(start + 32, true));
  const names = view.getUint16(62, true) === SHN_XINDEX ? view.getUint32(start + 40, true) : view.getUint16(62, true);
  extent(reader, 60, BigInt(start), BigInt(count) * BigInt(SHDR_SIZE));

  const raw = Array.from({ length: count }, (_, index) => readSectionHeader(reader, start + index * SHDR_SIZE, index));
  // Every table below costs its size in memory; sections that share bytes would multiply it.
  const total = raw.reduce((sum, header) => sum + header.data.length, 0);
  if (total > reader.bytes.length) reader.fail(start, 'sections overlap');
  const strings = raw[names] ?? reader.fail(62, `section ${names}, with the names of sections, is not there`);
  const table = new StringTable(strings.data, strings.offset);
  return raw.map((header) => ({ ...header, name: table.at(header.nameOff) }));
}

function readSectionHeader(reader: Reader, at: number, index: number) {
  const { view } = reader;
  const type = view.getUint32(at + 4, true);
  const declared = view.getBigUint64(at + 32, true);
  const absent = type === SHT_NOBITS || index === 0;
  const { offset, size } = absent
    ? { offset: at, size: 0 }
    : extent(reader, at + 24, view.getBigUint64(at + 24, true), declared);
  return {
    index,
    nameOff: view.getUint32(at, true),
    type,
    flags: Number(view.getBigUint64(at + 8, true) & 0xffffffffn),
    offset,
    size: absent ? Number(declared) : size,
    data: reader.bytes.subarray(offset, offset + size),
    link: view.getUint32(at + 40, true),
    info: view.getUint32(at + 44, true),
  };
}

/** A place in the file as numbers, once it is known to be inside. `at` is where the header says so. */
function extent(reader: Reader, at: number, offset: bigint, size: bigint): { offset: number; size: number } {
  if (offset + size > BigInt(reader.bytes.length)) {
    reader.fail(
      at,
      `cut short, or damaged: names bytes ${offset} to ${offset + size} of a file of ${reader.bytes.length}`,
    );
  }
  return { offset: Number(offset), size: Number(size) };
}

function readSymbols(reader: Reader, header: Header, headers: readonly Header[]): ElfSymbol[] {
  const strings = headers[header.link] ?? reader.fail(header.offset, `names of symbols: no section ${header.link}`);
  const table = new StringTable(strings.data, strings.offset);
  return Array.from({ length: Math.floor(header.data.length / SYM_SIZE) }, (_, index) => {
    const at = header.offset + index * SYM_SIZE;
    const info = reader.bytes[at + 4]!;
    const section = reader.view.getUint16(at + 6, true);
    const type = info & 0xf;
    const name = table.at(reader.view.getUint32(at, true));
    return {
      name: type === STT_SECTION && name === '' ? (headers[section]?.name ?? '') : name,
      bind: info >> 4,
      type,
      visibility: reader.bytes[at + 5]! & 0x3,
      section,
      value: Number(reader.view.getBigUint64(at + 8, true)),
      size: Number(reader.view.getBigUint64(at + 16, true)),
    };
  });
}

function readRelocations(reader: Reader, header: Header, symbols: readonly ElfSymbol[]): ElfRelocation[] {
  return Array.from({ length: Math.floor(header.data.length / REL_SIZE) }, (_, index) => {
    const at = header.offset + index * REL_SIZE;
    const number = reader.view.getUint32(at + 12, true);
    return {
      offset: Number(reader.view.getBigUint64(at, true)),
      type: reader.view.getUint32(at + 8, true),
      symbol: symbols[number] ?? reader.fail(at, `relocation by symbol ${number}, which is not there`),
    };
  });
}
