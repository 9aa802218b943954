import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { printC } from '../../src/bpf/btf/c-printer.js';
import { codecOf } from '../../src/bpf/btf/codec.js';
import { encodeBtf } from '../../src/bpf/btf/encode.js';
import { parseBtfExt } from '../../src/bpf/btf/ext.js';
import { btfSection } from '../../src/bpf/btf/from-elf.js';
import { LazyBtf } from '../../src/bpf/btf/lazy.js';
import { parseBtf } from '../../src/bpf/btf/parse.js';
import { sanitizeBtf, type UnknownToKernel } from '../../src/bpf/btf/sanitize.js';
import type { Btf } from '../../src/bpf/btf/types.js';
import { CoreRelocator } from '../../src/bpf/core/relocate.js';
import { parseElf } from '../../src/bpf/elf.js';
import { link as linkProgram } from '../../src/bpf/object/link.js';
import { parseObject } from '../../src/bpf/object/parse.js';
import { StringTable } from '../../src/bpf/string-table.js';
import { generateTypes } from '../../src/bpf/types-generator.js';
import { address } from '../../src/netlink/address/schema.js';
import { extAck } from '../../src/netlink/ext-ack.js';
import { Answer } from '../../src/netlink/framing.js';
import { link } from '../../src/netlink/link/schema.js';
import type { Request } from '../../src/netlink/request.js';
import { route } from '../../src/netlink/route/schema.js';
import { filter } from '../../src/tc/filter/schema.js';
import { qdisc } from '../../src/tc/qdisc/schema.js';
import { formatIp, formatMac, ip, parseIp, parseMac, parsePrefix } from '../../src/wire/address.js';
import type { Codec } from '../../src/wire/codec.js';
import { NlbpfError } from '../../src/wire/error.js';
import { decode, Reader } from '../../src/wire/reader.js';
import { encode } from '../../src/wire/writer.js';

/** What is fed with damaged input. It may answer anything, and throw NlbpfError. */
export interface Target {
  /** Sound inputs to begin with. */
  inputs(): Uint8Array[];
  run(input: Uint8Array): unknown;
}

/** Of the repository, from the folder that this file is compiled to: test/fuzz-long/dist/test/fuzz-long. */
const root = new URL('../../../../../', import.meta.url);

const readBytes = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, root)));
const files = (folder: string, ending: string): Uint8Array[] =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(ending))
    .map((name) => readBytes(`${folder}/${name}`));
const corpus = (name: string): Uint8Array[] => files(`test/fuzz/corpus/${name}`, '.bin');
/** Others than those of the repository: NLBPF_FUZZ_OBJECTS names a folder. */
const otherObjects = (): Uint8Array[] => {
  const folder = process.env['NLBPF_FUZZ_OBJECTS'];
  return folder === undefined ? [] : files(`${pathToFileURL(resolve(folder))}`, '.o');
};
const objects = (): Uint8Array[] => [...files('bpf', '.o'), ...files('test/bpf', '.o'), ...otherObjects()];
const sections = (wanted: string): Uint8Array[] =>
  objects().flatMap((bytes) => parseElf(bytes).sections.flatMap(({ name, data }) => (name === wanted ? [data] : [])));

/** A message is read, and what was read is sent again. */
// biome-ignore lint/suspicious/noExplicitAny: a codec of any message.
const message = (name: string, codec: Codec<any, any>): Target => ({
  inputs: () => corpus(name),
  run(input) {
    const value = decode(codec, input);
    return [value, encode(codec, value)];
  },
});

/** A value or an error of ours, after which the next step is taken all the same. */
function attempt<T>(step: () => T): T | NlbpfError {
  try {
    return step();
  } catch (error) {
    if (error instanceof NlbpfError) return error;
    throw error;
  }
}

/** Has the codecs of the last types read a value. */
function useTypes(btf: Btf): unknown {
  return btf.types.slice(-16).map((_, index) =>
    attempt(() => {
      const codec = codecOf(btf, btf.types.length - 1 - index);
      return codec.size < 4096 ? codec.decode(new Reader(new Uint8Array(codec.size)), 0, codec.size) : undefined;
    }),
  );
}

/** What is read type by type is what is read at once. */
function useLazily(input: Uint8Array, { types }: Btf): void {
  const lazy = new LazyBtf(input);
  for (const [id, type] of types.entries()) {
    if (!isDeepStrictEqual(lazy.types.at(id), type)) throw new Error(`type ${id} is another one when it is read alone`);
  }
  if (lazy.types.length !== types.length) throw new Error('there are more types when they are read one by one');
}

function useBtf(input: Uint8Array): unknown {
  const btf = parseBtf(input);
  useLazily(input, btf);
  return [btf, encodeBtf(btf), useTypes(btf), attempt(() => printC(btf)), encodeBtf(sanitizeBtf(btf, OLDEST))];
}

/** What the oldest kernels with BTF did not know. */
const OLDEST: UnknownToKernel = new Set([
  ...(['var', 'datasec', 'float', 'declTag', 'typeTag', 'enum64', 'globalFunc'] as const),
]);

function useObject(input: Uint8Array): unknown {
  const object = parseObject(input);
  return [object, object.programs.map((program) => attempt(() => linkProgram(program))), generateTypes(object)];
}

const readOnce = <T>(read: () => T): (() => T) => {
  let known: T | undefined;
  return () => (known ??= read());
};
/** Programs with CO-RE relocations. */
const relocatable = readOnce(() => {
  const { btf, programs } = parseObject(readBytes('test/bpf/core_source.o'));
  return { types: btf!, codes: programs.map((program) => linkProgram(program)) };
});

/** Fits programs to the types of a kernel. */
function useKernelTypes(input: Uint8Array): unknown {
  const kernel = new LazyBtf(input);
  const { types, codes } = relocatable();
  return codes.map((code) => {
    const relocator = new CoreRelocator(types, { first: () => kernel, others: () => [] });
    return attempt(() => relocator.apply({ ...code, instructions: code.instructions.slice() }, 'fuzz'));
  });
}

const CHARACTERS = '0123456789abcdefABCDEF.:/%xg- ';
/** Of bytes that are no part of an address most become one, for else few addresses would come about. */
const text = (input: Uint8Array): string =>
  Buffer.from(input.map((byte) => (byte >= 0xf0 ? byte : characterOf(byte)))).toString('latin1');
const characterOf = (byte: number): number => {
  const isOne = CHARACTERS.includes(String.fromCharCode(byte));
  return isOne ? byte : CHARACTERS.charCodeAt(byte % CHARACTERS.length);
};
const encoder = new TextEncoder();
const ADDRESSES = [
  ...['10.0.0.1', '255.255.255.255', '0.0.0.0/0', '10.0.0.0/8', '::', '::1/128', '2001:db8::1', 'fe80::1:2:3/64'],
  ...['::ffff:192.0.2.1', '1:2:3:4:5:6:7:8', '1::8', '02:00:5e:10:00:01', '00:11:22:33', 'default'],
];

function useAddress(input: Uint8Array): unknown {
  const given = text(input);
  const bytes = parseIp(given);
  if (bytes !== undefined) {
    const again = parseIp(formatIp(bytes));
    if (Buffer.compare(bytes, again ?? new Uint8Array()) !== 0) throw new Error(`${given} becomes ${formatIp(bytes)}`);
  }
  const mac = parseMac(given);
  if (mac !== undefined && formatMac(mac) !== given.toLowerCase())
    throw new Error(`${given} becomes ${formatMac(mac)}`);
  return [attempt(() => parsePrefix(given)), attempt(() => decode(ip, input))];
}

const SEQUENCE = 7;

/** A datagram of the kernel, whatever its sequence number was. */
function useDatagram(input: Uint8Array): unknown {
  const bytes = Uint8Array.from(input);
  const view = new DataView(bytes.buffer);
  if (bytes.length >= 16) view.setUint32(8, SEQUENCE, true);
  const request: Request = { operation: 'fuzz', type: 18, flags: 0x300, codec: link, message: {}, reply: link };
  const answer = new Answer({ requestOf: (number) => (number === SEQUENCE ? request : undefined), isLast: () => true });
  answer.read(new Reader(bytes), bytes.length);
  return answer;
}

export const TARGETS: Readonly<Record<string, Target>> = {
  link: message('link', link),
  address: message('address', address),
  route: message('route', route),
  qdisc: message('qdisc', qdisc),
  filter: message('filter', filter),
  'ext-ack': message('ext-ack', extAck),
  datagram: { inputs: () => corpus('datagram'), run: useDatagram },
  object: { inputs: objects, run: useObject },
  'legacy-maps': {
    inputs: () =>
      files('test/bpf', '.o').filter((bytes) => parseElf(bytes).sections.some(({ name }) => name === 'maps')),
    run: useObject,
  },
  btf: { inputs: () => sections('.BTF'), run: useBtf },
  core: { inputs: () => [btfSection(readBytes('test/bpf/core_target.o'))], run: useKernelTypes },
  'btf-ext': {
    inputs: () => sections('.BTF.ext'),
    run: (input) => parseBtfExt(input, new StringTable(new Uint8Array(1 << 16))),
  },
  addresses: { inputs: () => ADDRESSES.map((address) => encoder.encode(address)), run: useAddress },
};
