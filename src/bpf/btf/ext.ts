import { BTF_MAGIC, BTF_VERSION } from '../../uapi/btf.js';
import { Reader } from '../../wire/reader.js';
import type { CoreRelocation, FuncInfo, LineInfo } from '../spec.js';
import type { StringTable } from '../string-table.js';

/** What section `.BTF.ext` says of the instructions of each ELF section, `instruction` counted from its start. */
export interface BtfExt {
  readonly funcInfo: ReadonlyMap<string, readonly FuncInfo[]>;
  readonly lineInfo: ReadonlyMap<string, readonly LineInfo[]>;
  readonly coreRelocations: ReadonlyMap<string, readonly CoreRelocation[]>;
}

/** How the records of one of the three tables are read; newer compilers may append members. */
interface RecordForm<T> {
  readonly size: number;
  read(view: DataView, at: number, instruction: number, strings: StringTable): T;
}

const funcInfo: RecordForm<FuncInfo> = {
  size: 8,
  read: (view, at, instruction) => ({ instruction, typeId: view.getUint32(at + 4, true) }),
};

const lineInfo: RecordForm<LineInfo> = {
  size: 16,
  read(view, at, instruction) {
    const lineCol = view.getUint32(at + 12, true);
    const [fileNameOff, lineOff] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    return { instruction, fileNameOff, lineOff, line: lineCol >>> 10, column: lineCol & 0x3ff };
  },
};

const coreRelocation: RecordForm<CoreRelocation> = {
  size: 16,
  read: (view, at, instruction, strings) => ({
    instruction,
    typeId: view.getUint32(at + 4, true),
    access: strings.at(view.getUint32(at + 8, true)),
    kind: view.getUint32(at + 12, true),
    order: at,
  }),
};

const HEADER_SIZE = 24;

/**
 * Reads `.BTF.ext`, little endian. `strings` are those of `.BTF`.
 *
 * A table is the size of its records, then for each ELF section: its name, how many records, and the records.
 * Source: Documentation/bpf/btf.rst, section 4 (v7.3).
 *
 * @throws DecodeError when it is damaged.
 */
export function parseBtfExt(bytes: Uint8Array, strings: StringTable): BtfExt {
  const reader = new Reader(bytes);
  const { view } = reader;
  if (bytes.length < HEADER_SIZE) reader.fail(bytes.length, '.BTF.ext header is cut short');
  if (view.getUint16(0, true) !== BTF_MAGIC || view.getUint8(2) !== BTF_VERSION) reader.fail(0, 'not .BTF.ext');
  const length = view.getUint32(4, true);
  if (length < HEADER_SIZE || length > bytes.length) reader.fail(4, `.BTF.ext header of ${length} bytes`);
  const table = <T>(at: number, form: RecordForm<T>): Map<string, T[]> => {
    // The pair for CO-RE came later than the others.
    if (at + 8 > length) return new Map();
    const start = length + view.getUint32(at, true);
    const end = start + view.getUint32(at + 4, true);
    if (end > bytes.length) reader.fail(at, `names bytes ${start} to ${end} of ${bytes.length}`);
    return end === start ? new Map() : readTable(reader, start, end, form, strings);
  };
  return { funcInfo: table(8, funcInfo), lineInfo: table(16, lineInfo), coreRelocations: table(24, coreRelocation) };
}

function readTable<T>(
  reader: Reader,
  start: number,
  end: number,
  form: RecordForm<T>,
  strings: StringTable,
): Map<string, T[]> {
  const { view } = reader;
  const sections = new Map<string, T[]>();
  const need = (at: number, size: number) => size <= end - at || reader.fail(at, 'table is cut short');
  need(start, 4);
  const size = view.getUint32(start, true);
  if (size < form.size || size % 4 !== 0) reader.fail(start, `records of ${size} bytes`);
  for (let at = start + 4; at < end; ) {
    need(at, 8);
    const name = strings.at(view.getUint32(at, true));
    const count = view.getUint32(at + 4, true);
    at += 8;
    need(at, count * size);
    const records = sections.get(name) ?? [];
    sections.set(name, records);
    for (let index = 0; index < count; index++, at += size) {
      const offset = view.getUint32(at, true);
      if (offset % 8 !== 0) reader.fail(at, `byte ${offset} is not the start of an instruction`);
      records.push(form.read(view, at, offset / 8, strings));
    }
  }
  return sections;
}
