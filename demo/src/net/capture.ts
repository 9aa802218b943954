import { type Packet, PacketSocket } from 'nlbpf';
import type { Side } from '../lab/side.js';
import { type Dissected, dissect } from './packet.js';

/** A packet seen on a device of a namespace. */
export interface Captured {
  readonly device: string;
  readonly side: string;
  readonly direction: 'in' | 'out';
  readonly packet: Packet;
  readonly dissected: Dissected;
}

const PACKET_OUTGOING = 4;

/** Listens on devices; the kernel keeps the packets until they are asked for. */
export class Capture {
  readonly #taps: { readonly side: Side; readonly device: string; readonly socket: PacketSocket }[] = [];

  add(side: Side, device: string): void {
    const ifindex = side.rt.links.get(device).index;
    this.#taps.push({ side, device, socket: new PacketSocket({ netns: side.netns, ifindex }) });
  }

  /** All IP packets seen so far, in the order of their time stamps. */
  read(): Captured[] {
    const all: Captured[] = [];
    for (const { side, device, socket } of this.#taps) {
      for (let packet = socket.read(); packet !== undefined; packet = socket.read()) {
        const dissected = dissect(packet);
        if (dissected === undefined) continue;
        const direction = packet.packetType === PACKET_OUTGOING ? 'out' : 'in';
        all.push({ side: side.name, device, direction, packet, dissected });
      }
    }
    return all.sort((a, b) => (a.packet.time < b.packet.time ? -1 : a.packet.time > b.packet.time ? 1 : 0));
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#taps.splice(0)) socket.close();
  }
}
