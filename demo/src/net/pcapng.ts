import { writeFileSync } from 'node:fs';
import type { Captured } from './capture.js';

// Block types and options of the pcapng format, draft-ietf-opsawg-pcapng.
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const NANOSECONDS = 9;
const EPB_FLAGS = 2;
const INBOUND = 1;
const OUTBOUND = 2;
// Link types: https://www.tcpdump.org/linktypes.html
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
const ARPHRD_ETHER = 1;

/** A block: its type and length before, its length again behind. */
function block(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = 12 + body.length;
  const result = Buffer.alloc(length);
  result.writeUInt32LE(type, 0);
  result.writeUInt32LE(length, 4);
  body.copy(result, 8);
  result.writeUInt32LE(length, length - 4);
  return result;
}

const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

function option(code: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(code, 0);
  header.writeUInt16LE(value.length, 2);
  return Buffer.concat([header, padded(value)]);
}

const END_OF_OPTIONS = Buffer.alloc(4);

function sectionHeader(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4); // version 1.0
  body.writeBigInt64LE(-1n, 8); // length not given
  return block(SECTION_HEADER, body);
}

function interfaceDescription(name: string, hardwareType: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(hardwareType === ARPHRD_ETHER ? LINKTYPE_ETHERNET : LINKTYPE_RAW, 0);
  return block(
    INTERFACE_DESCRIPTION,
    body,
    option(IF_NAME, Buffer.from(name)),
    option(IF_TSRESOL, Uint8Array.of(NANOSECONDS)),
    END_OF_OPTIONS,
  );
}

function enhancedPacket(index: number, { packet, direction }: Captured): Buffer {
  const body = Buffer.alloc(20);
  body.writeUInt32LE(index, 0);
  body.writeUInt32LE(Number(packet.time >> 32n), 4);
  body.writeUInt32LE(Number(packet.time & 0xffffffffn), 8);
  body.writeUInt32LE(packet.data.length, 12);
  body.writeUInt32LE(packet.length, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(direction === 'in' ? INBOUND : OUTBOUND);
  return block(ENHANCED_PACKET, body, padded(packet.data), option(EPB_FLAGS, flags), END_OF_OPTIONS);
}

/** Writes packets of several devices into one file that Wireshark opens; devices are named `NAMESPACE:DEVICE`. */
export function writePcapng(file: string, captured: readonly Captured[]): void {
  const blocks = [sectionHeader()];
  const indexes = new Map<string, number>();
  for (const one of captured) {
    const name = `${one.side}:${one.device}`;
    if (indexes.has(name)) continue;
    indexes.set(name, indexes.size);
    blocks.push(interfaceDescription(name, one.packet.hardwareType));
  }
  for (const one of captured) blocks.push(enhancedPacket(indexes.get(`${one.side}:${one.device}`)!, one));
  writeFileSync(file, Buffer.concat(blocks));
}
