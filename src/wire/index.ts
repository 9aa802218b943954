export {
  etherAddress,
  formatIp,
  formatIpv4,
  formatIpv6,
  formatMac,
  ip,
  ipv4,
  ipv6,
  mac,
  type Prefix,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
} from './address.js';
export { bytes, fixedBytes, hex } from './bytes.js';
export type { Codec, Fixed, Infer, InferInput, Inlined, InPlace, RestOf, Selection } from './codec.js';
export type { Use } from './compile.js';
export { DecodeError, EncodeError, NlbpfError } from './error.js';
export { be16, be32, be64, bool, s8, s16, s32, s64, u8, u16, u32, u64 } from './integers.js';
export { decode, Reader } from './reader.js';
export {
  array,
  type Fields,
  type Indexed,
  indexed,
  items,
  type StructCodec,
  type StructInput,
  type StructValue,
  struct,
  type Tail,
} from './struct.js';
export { fixedText, text, textUpTo } from './text.js';
export { encode, type Trace, Writer } from './writer.js';
