import { parseIp } from 'nlbpf';

export const ICMP = { protocol: 1, request: 8, reply: 0 } as const;
export const ICMPV6 = { protocol: 58, request: 128, reply: 129 } as const;

/** An echo request; for IPv6 the kernel fills the checksum in (RFC 3542 section 3.1). */
export function echoRequest(type: number, id: number, sequence: number, size: number): Uint8Array {
  const message = new Uint8Array(8 + size);
  const view = new DataView(message.buffer);
  view.setUint8(0, type);
  view.setUint16(4, id);
  view.setUint16(6, sequence);
  for (let at = 8; at < message.length; at++) message[at] = at;
  view.setUint16(2, checksum(message));
  return message;
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** struct sockaddr_in or sockaddr_in6, port 0. The family is in host byte order, which is little on what runs this. */
export function sockaddr(address: string): Uint8Array {
  const bytes = parseIp(address)!;
  const isV4 = bytes.length === 4;
  const result = new Uint8Array(isV4 ? 16 : 28);
  new Uint16Array(result.buffer, 0, 1)[0] = isV4 ? 2 : 10;
  result.set(bytes, isV4 ? 4 : 8);
  return result;
}
