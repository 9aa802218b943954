import { AF_INET, AF_INET6 } from '../../uapi/socket.js';
import { formatIpv4, formatIpv6, parseIp } from '../../wire/address.js';
import type { Codec } from '../../wire/codec.js';
import { EncodeError } from '../../wire/error.js';
import { LITTLE_ENDIAN, show } from '../../wire/integers.js';

/** struct rtvia: a next hop of another family than the route's; the family goes before the address. Linux 4.1. */
export const via: Codec<string> = {
  decode(reader, start, end) {
    const length = end - start - 2;
    if (length !== 4 && length !== 16) reader.fail(start, `next hop of ${length} bytes`);
    return length === 4 ? formatIpv4(reader.bytes, start + 2) : formatIpv6(reader.bytes, start + 2);
  },
  encode(writer, value) {
    const bytes = typeof value === 'string' ? parseIp(value) : undefined;
    if (bytes === undefined) throw new EncodeError(`must be an IP address such as 'fe80::1', is ${show(value)}`);
    const at = writer.grow(2);
    writer.view.setUint16(at, bytes.length === 4 ? AF_INET : AF_INET6, LITTLE_ENDIAN);
    writer.raw(bytes);
  },
};
