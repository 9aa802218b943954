import * as R from '../../uapi/rtnetlink.js';
import { ip } from '../../wire/address.js';
import { bytes } from '../../wire/bytes.js';
import type { Codec, Infer, InferInput } from '../../wire/codec.js';
import { EncodeError } from '../../wire/error.js';
import { LITTLE_ENDIAN as LE, s32, show, u8, u16, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { attributes } from '../attributes.js';
import { headed } from '../message.js';
import { via } from './via.js';

/** One of several next hops: struct rtnexthop, then attributes. `hops` is the weight less one. */
export const nexthop = headed(
  struct({ len: u16, flags: u8, hops: u8, ifindex: s32 }),
  attributes({
    gateway: [R.RTA_GATEWAY, ip],
    via: [R.RTA_VIA, via],
    flow: [R.RTA_FLOW, u32],
    encapType: [R.RTA_ENCAP_TYPE, u16],
    encap: [R.RTA_ENCAP, bytes],
  }),
);

export type NextHop = Omit<Infer<typeof nexthop>, 'len'>;
export type NextHopInput = Omit<InferInput<typeof nexthop>, 'len'>;

/** RTA_MULTIPATH: next hops one after another, each with its own length and padded to four bytes. */
export const nexthops: Codec<readonly NextHop[], readonly NextHopInput[]> = {
  decode(reader, start, end) {
    const hops: NextHop[] = [];
    for (let at = start; at < end; ) {
      const left = end - at;
      const length = left < 2 ? 0 : reader.view.getUint16(at, LE);
      if (length < nexthop.head.size || length > left) reader.fail(at, `next hop of length ${length}, ${left} left`);
      const { len: _, ...hop } = nexthop.decode(reader, at, at + length);
      hops.push(hop);
      at += (length + 3) & ~3;
    }
    return hops;
  },
  encode(writer, hops) {
    if (!Array.isArray(hops)) throw new EncodeError(`must be an array, is ${show(hops)}`);
    for (const [index, hop] of hops.entries()) {
      const at = writer.length;
      try {
        nexthop.encode(writer, hop);
      } catch (error) {
        throw error instanceof EncodeError ? error.within(`[${index}]`) : error;
      }
      writer.view.setUint16(at, writer.length - at, LE);
    }
  },
};
