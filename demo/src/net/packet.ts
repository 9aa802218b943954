import { formatIpv4, formatIpv6, type Packet } from 'nlbpf';
import { ICMP, ICMPV6 } from './icmp.js';

/** An IPv4 or IPv6 header. */
export interface IpHeader {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl: number;
}

export interface Echo {
  readonly type: 'request' | 'reply';
  readonly id: number;
  readonly sequence: number;
  readonly length: number;
}

/** What a packet holds: one IP header, or two where it is in a tunnel, and an echo message if that is what it carries. */
export interface Dissected {
  readonly headers: readonly IpHeader[];
  readonly echo: Echo | undefined;
}

const ETHERNET = 1;
const ETHERNET_HEADER = 14;
const IPIP = 4;
const IPV6 = 41;

/** undefined for what is not IP. */
export function dissect(packet: Packet): Dissected | undefined {
  const { data } = packet;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = packet.hardwareType === ETHERNET ? ETHERNET_HEADER : 0;
  const headers: IpHeader[] = [];
  for (;;) {
    const header = ipHeader(view, data, at);
    if (header === undefined) return headers.length === 0 ? undefined : { headers, echo: undefined };
    headers.push(header.ip);
    at += header.length;
    if (header.ip.protocol === IPIP || header.ip.protocol === IPV6) continue;
    return { headers, echo: echoAt(view, at, header.end, header.ip.protocol) };
  }
}

function ipHeader(
  view: DataView,
  data: Uint8Array,
  at: number,
): { ip: IpHeader; length: number; end: number } | undefined {
  const left = data.length - at;
  const version = left > 0 ? data[at]! >> 4 : 0;
  if (version === 4 && left >= 20) {
    const [protocol, ttl] = [data[at + 9]!, data[at + 8]!];
    const ip = {
      version: 4,
      source: formatIpv4(data, at + 12),
      destination: formatIpv4(data, at + 16),
      protocol,
      ttl,
    } as const;
    return { ip, length: 4 * (data[at]! & 15), end: at + view.getUint16(at + 2) };
  }
  if (version !== 6 || left < 40) return undefined;
  const end = at + 40 + view.getUint16(at + 4);
  const options = destinationOptions(data, at);
  const [protocol, ttl] = [options?.protocol ?? data[at + 6]!, data[at + 7]!];
  const ip = {
    version: 6,
    source: formatIpv6(data, at + 8),
    destination: formatIpv6(data, at + 24),
    protocol,
    ttl,
  } as const;
  return { ip, length: 40 + (options?.length ?? 0), end };
}

/** ip6tnl may put a destination options header with an encapsulation limit between the two (RFC 2473 section 4.1.1). */
function destinationOptions(data: Uint8Array, at: number): { protocol: number; length: number } | undefined {
  if (data[at + 6] !== 60 || data.length < at + 48) return undefined;
  return { protocol: data[at + 40]!, length: 8 * (data[at + 41]! + 1) };
}

function echoAt(view: DataView, at: number, end: number, protocol: number): Echo | undefined {
  const kind = [ICMP, ICMPV6].find((candidate) => candidate.protocol === protocol);
  if (kind === undefined || view.byteLength < at + 8) return undefined;
  const type = view.getUint8(at);
  if (type !== kind.request && type !== kind.reply) return undefined;
  return {
    type: type === kind.request ? 'request' : 'reply',
    id: view.getUint16(at + 4),
    sequence: view.getUint16(at + 6),
    length: end - at,
  };
}

/** As tcpdump(8) prints it. */
export function describe({ headers, echo }: Dissected): string {
  const chain = headers
    .map(({ version, source, destination }) => `IP${version === 6 ? '6' : ''} ${source} > ${destination}`)
    .join(': ');
  const last = headers.at(-1)!;
  const icmp = last.version === 6 ? 'ICMP6,' : 'ICMP';
  if (echo === undefined) return `${chain}: protocol ${last.protocol}`;
  const number = `id ${echo.id}, seq ${echo.sequence}`;
  return `${chain}: ${icmp} echo ${echo.type}, ${number}, length ${echo.length}`;
}
