import { EAGAIN, EINTR, ENETDOWN } from '../uapi/errno.js';
import { ETH_P_ALL } from '../uapi/if_ether.js';
import { PACKET_STATISTICS } from '../uapi/if_packet.js';
import { AF_PACKET, MSG_TRUNC, SOCK_RAW, SOL_PACKET } from '../uapi/socket.js';
import { formatMac } from '../wire/address.js';
import { LITTLE_ENDIAN } from '../wire/integers.js';
import { check } from './errno.js';
import { ClosedError, closedOnError } from './fd.js';
import { libc } from './libc.js';
import { keepReachable, Memory } from './memory.js';
import { Socket } from './socket.js';

/** include/uapi/asm-generic/sockios.h: the time stamp of the packet received last, a struct timespec. */
const SIOCGSTAMPNS = 0x8907;
/** Larger than any packet without segmentation offload; longer ones are cut, and `length` tells. */
const SNAPSHOT = 65536;

/** How a {@link PacketSocket} is opened. */
export interface PacketSocketOptions {
  /** Index of the device to listen on; all of the namespace where absent. */
  readonly ifindex?: number | undefined;
  /** The network namespace; default: the current one. */
  readonly netns?: { readonly fd: number } | undefined;
  /** An ETH_P_* number; default ETH_P_ALL, which alone sees outgoing packets. */
  readonly protocol?: number | undefined;
  /** Bytes that the kernel may hold for packets not yet read; default 4 MiB. */
  readonly receiveBuffer?: number | undefined;
}

/** A packet as a device received or sent it. */
export interface Packet {
  /** From the link-layer header on: Ethernet's, or none on an IP tunnel. A copy. */
  readonly data: Uint8Array;
  /** Its length on the wire; larger than `data` where it was cut. */
  readonly length: number;
  /** Nanoseconds since 1970, taken by the kernel. */
  readonly time: bigint;
  readonly ifindex: number;
  /** ETH_P_* of what the link-layer header carries. */
  readonly protocol: number;
  /** ARPHRD_* of the device. */
  readonly hardwareType: number;
  /** PACKET_HOST, PACKET_OUTGOING... */
  readonly packetType: number;
  /** Link-layer address of the sender; empty on an IP tunnel. */
  readonly source: string;
}

/** Packets of a device or of a whole network namespace, by AF_PACKET; needs CAP_NET_RAW. */
export class PacketSocket {
  readonly #socket: Socket;
  readonly #memory = Memory.allocate(SNAPSHOT);
  readonly #timespec = Memory.allocate(16);

  constructor(options: PacketSocketOptions = {}) {
    const { ifindex = 0, netns, protocol = ETH_P_ALL, receiveBuffer = 4 << 20 } = options;
    // Protocol 0 until it is bound: nothing of other devices comes in between.
    this.#socket = Socket.open(AF_PACKET, SOCK_RAW, 0, { netns, what: 'a packet socket' });
    closedOnError(this.#socket, (socket) => {
      socket.setReceiveBuffer(receiveBuffer);
      socket.bind(sockaddrLl(protocol, ifindex));
      this.#time(); // turns time stamps on
    });
  }

  /** The next packet that is there already; undefined when there is none. */
  read(): Packet | undefined {
    for (;;) {
      const length = this.#socket.receive(this.#memory, MSG_TRUNC);
      if (length === -EAGAIN) return undefined;
      // A device that goes down is reported once; what was captured before is still to be read.
      if (length === -EINTR || length === -ENETDOWN) continue;
      return this.#packet(check(length, 'recvfrom', 'a packet socket'));
    }
  }

  /** Packets as they come, until `signal` aborts or the socket is closed. */
  async *packets(signal?: AbortSignal): AsyncGenerator<Packet, void, undefined> {
    for (;;) {
      try {
        await this.#socket.readable(signal);
      } catch (error) {
        if (signal?.aborted || error instanceof ClosedError) return;
        throw error;
      }
      for (let packet = this.read(); packet !== undefined; packet = this.read()) yield packet;
    }
  }

  /** Packets seen since the last call, and those of them that found no room (struct tpacket_stats). */
  statistics(): { readonly packets: number; readonly drops: number } {
    const bytes = this.#socket.getOption(SOL_PACKET, PACKET_STATISTICS, 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { packets: view.getUint32(0, LITTLE_ENDIAN), drops: view.getUint32(4, LITTLE_ENDIAN) };
  }

  #packet(length: number): Packet {
    const { sender } = this.#socket;
    return {
      data: this.#memory.bytes.slice(0, Math.min(length, SNAPSHOT)),
      length,
      time: this.#time(),
      protocol: sender.getUint16(2, false),
      ifindex: sender.getInt32(4, LITTLE_ENDIAN),
      hardwareType: sender.getUint16(8, LITTLE_ENDIAN),
      packetType: sender.getUint8(10),
      source: formatMac(new Uint8Array(sender.buffer, 12, Math.min(8, sender.getUint8(11)))),
    };
  }

  /** 0 before the first packet. */
  #time(): bigint {
    const { view, address } = this.#timespec;
    keepReachable(this.#timespec, () => libc().ioctl(this.#socket.fd, SIOCGSTAMPNS, address));
    return view.getBigInt64(0, LITTLE_ENDIAN) * 1_000_000_000n + view.getBigInt64(8, LITTLE_ENDIAN);
  }

  /** May be called twice. */
  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** struct sockaddr_ll { u16 family; be16 protocol; s32 ifindex; ... } */
function sockaddrLl(protocol: number, ifindex: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  view.setUint16(0, AF_PACKET, LITTLE_ENDIAN);
  view.setUint16(2, protocol, false);
  view.setInt32(4, ifindex, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}
