import { type Codec, type Fixed, fixed } from './codec.js';
import { EncodeError } from './error.js';
import { show } from './integers.js';

/* ---- text to bytes; undefined where the text is not an address ---- */

const ZERO = 48;
const DOT = 46;
const COLON = 58;

/** The four bytes of `10.0.0.1`: four decimal numbers without leading zeros, as inet_pton(3) takes them. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return readIpv4(text, 0, bytes, 0) ? bytes : undefined;
}

/** Reads dotted text from `from` to the end of `text` into four bytes at `at`. */
function readIpv4(text: string, from: number, bytes: Uint8Array, at: number): boolean {
  let octet = 0;
  let digits = 0;
  let index = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || index === 3) return false;
      bytes[at + index++] = octet;
      octet = digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return false;
    octet = 10 * octet + digit;
    if (++digits > 3 || octet > 255) return false;
  }
  bytes[at + index] = octet;
  return index === 3 && digits > 0;
}

/** The 16 bytes of IPv6 text in any form of RFC 4291 section 2.2; no zone. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  let at = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return undefined;
    gap = 0;
    i = 2;
  }
  while (i < text.length) {
    if (at === 16) return undefined;
    const end = groupEnd(text, i);
    if (text.charCodeAt(end) === DOT) {
      if (at > 12 || !readIpv4(text, i, bytes, at)) return undefined;
      at += 4;
      break;
    }
    if (end === i || end - i > 4) return undefined;
    const group = Number.parseInt(text.slice(i, end), 16);
    bytes[at++] = group >> 8;
    bytes[at++] = group & 0xff;
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON) return undefined;
    i = end + 1;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return undefined;
      gap = at;
      i++;
    } else if (i === text.length) return undefined;
  }
  if (gap < 0) return at === 16 ? bytes : undefined;
  if (at === 16) return undefined;
  bytes.copyWithin(16 - (at - gap), gap, at);
  bytes.fill(0, gap, 16 - (at - gap));
  return bytes;
}

/** The offset behind the hexadecimal digits that begin at `from`. */
function groupEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isDigit = code >= ZERO && code <= 57;
    const isLetter = (code | 0x20) >= 97 && (code | 0x20) <= 102;
    if (!isDigit && !isLetter) break;
  }
  return at;
}

/** 4 or 16 bytes. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** A link-layer address, `02:00:5e:10:00:01`: pairs of hexadecimal digits, as many as there are. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2})*$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}

/* ---- bytes to text ---- */

export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::` (the first of equals), v4-mapped dotted. */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const groups: number[] = [];
  for (let i = at; i < at + 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  const [start, length] = longestZeros(groups);
  if (start === 0 && length === 5 && groups[5] === 0xffff) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return length < 2 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** 4 or 16 bytes as text. */
export function formatIp(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIpv4(bytes) : formatIpv6(bytes);
}

function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let start = 0;
  let longest = 0;
  let run = 0;
  for (let i = 0; i < groups.length; i++) {
    run = groups[i] === 0 ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      start = i - run + 1;
    }
  }
  return [start, longest];
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function formatMac(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let at = start; at < end; at++) text += at === start ? HEX[bytes[at]!] : `:${HEX[bytes[at]!]}`;
  return text;
}

/* ---- codecs ---- */

function refuse(what: string, example: string, value: unknown): never {
  throw new EncodeError(`must be ${what} such as '${example}', is ${show(value)}`);
}

function address(size: 4 | 16, what: string, example: string): Fixed<string> {
  const [parse, format] = size === 4 ? [parseIpv4, formatIpv4] : [parseIpv6, formatIpv6];
  const read = (view: DataView, at: number): string => format(new Uint8Array(view.buffer, view.byteOffset + at, size));
  return fixed(
    size,
    size === 4 ? 4 : 1,
    (offset, use) => `${use(read)}(view, ${offset})`,
    (view, at, value) => {
      const bytes = (typeof value === 'string' && parse(value)) || refuse(what, example, value);
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(bytes);
    },
  );
}

/** IPv4, four bytes. */
export const ipv4 = address(4, 'an IPv4 address', '10.0.0.1');
/** IPv6, 16 bytes; text as in RFC 5952. */
export const ipv6 = address(16, 'an IPv6 address', '2001:db8::1');

/** An IPv4 or IPv6 address as text; the payload's length tells which. */
export const ip: Codec<string> = {
  decode(reader, start, end) {
    if (end - start === 4) return formatIpv4(reader.bytes, start);
    if (end - start === 16) return formatIpv6(reader.bytes, start);
    return reader.fail(start, `not an IP address: ${end - start} bytes`);
  },
  encode(writer, value) {
    const bytes = typeof value === 'string' ? parseIp(value) : undefined;
    writer.raw(bytes ?? refuse('an IP address', "10.0.0.1' or '2001:db8::1", value));
  },
};

/**
 * A link-layer address: hex pairs of any number, 6 for Ethernet (`02:00:5e:10:00:01`), and for a tunnel, whose
 * link-layer addresses have 4 or 16 bytes, the IP address that they are, as `ip link` shows it.
 */
export const mac: Codec<string> = {
  decode(reader, start, end) {
    const length = end - start;
    return length === 4 || length === 16 ? ip.decode(reader, start, end) : formatMac(reader.bytes, start, end);
  },
  encode(writer, value) {
    if (value === '') return;
    const bytes = typeof value === 'string' ? (parseMac(value) ?? parseIp(value)) : undefined;
    writer.raw(bytes ?? refuse('a link-layer address', '02:00:00:00:00:01', value));
  },
};

/* ---- prefixes ---- */

/** An address and the number of its leading bits that count. */
export interface Prefix {
  readonly address: Uint8Array;
  readonly length: number;
}

/** `10.0.0.0/24`, or a bare address for the full length. Throws EncodeError that says what is wrong. */
export function parsePrefix(text: unknown): Prefix {
  if (typeof text !== 'string') return refuse('a prefix', '10.0.0.0/24', text);
  const slash = text.indexOf('/');
  const bytes = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return refuse('a prefix', '10.0.0.0/24', text);
  const bits = 8 * bytes.length;
  if (slash < 0) return { address: bytes, length: bits };
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  if (!(length <= bits)) throw new EncodeError(`must have a prefix length from 0 to ${bits}, is ${show(text)}`);
  return { address: bytes, length };
}

/**
 * An address whose prefix length is the header field named `field`: RTA_DST and rtm_dst_len as `10.0.0.0/24`.
 * On the way in the text's length wins over the field. With `none`, that text stands for the attribute's absence.
 */
export function prefix(field: string, none?: string): Codec<string> {
  // A message asks for the length first, then for the address.
  let [text, parsed]: [unknown, Prefix?] = [none];
  const parse = (value: unknown): Prefix => {
    if (parsed === undefined || value !== text) [text, parsed] = [value, parsePrefix(value)];
    return parsed;
  };
  return {
    ...(none === undefined ? {} : { absent: none, omits: (value: unknown) => value === none }),
    header: { field, of: (value) => (value === none ? 0 : parse(value).length) },
    decode(reader, start, end, siblings) {
      const length = (siblings as Readonly<Record<string, unknown>> | undefined)?.[field];
      return `${ip.decode(reader, start, end)}/${length ?? 8 * (end - start)}`;
    },
    encode: (writer, value) => writer.raw(parse(value).address),
  };
}

/** `unsigned char[6]`: an Ethernet address as a field of a struct. */
export const etherAddress: Fixed<string> = fixed(
  6,
  1,
  (offset, use) => `${use(readEther)}(view, ${offset})`,
  (view, at, value) => {
    const bytes = typeof value === 'string' ? parseMac(value) : undefined;
    if (bytes?.length !== 6) refuse('an Ethernet address', '02:00:00:00:00:01', value);
    new Uint8Array(view.buffer, view.byteOffset + at, 6).set(bytes);
  },
);

function readEther(view: DataView, at: number): string {
  return formatMac(new Uint8Array(view.buffer, view.byteOffset + at, 6));
}
