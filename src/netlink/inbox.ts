import { Memory } from '../sys/memory.js';
import { Reader } from '../wire/reader.js';

/** The kernel's advice for dumps (include/linux/netlink.h, NLMSG_GOODSIZE; net/netlink/af_netlink.c). */
const SIZE = 32 * 1024;

/** Where datagrams are received, one over the other. */
export class Inbox {
  memory = Memory.allocate(SIZE);
  reader = new Reader(this.memory.bytes);

  get size(): number {
    return this.memory.bytes.length;
  }

  /** Makes room for a datagram of `size` bytes: a link with many virtual functions takes over 64 KiB. */
  fit(size: number): void {
    if (size <= this.size) return;
    this.memory = Memory.allocate(size);
    this.reader = new Reader(this.memory.bytes);
  }
}
