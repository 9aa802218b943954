import { SystemError } from '../sys/errno.js';
import { closedOnError } from '../sys/fd.js';
import { Socket } from '../sys/socket.js';
import { ENOPROTOOPT } from '../uapi/errno.js';
import * as N from '../uapi/netlink.js';
import { AF_NETLINK, SOCK_RAW, SOL_NETLINK } from '../uapi/socket.js';
import { LITTLE_ENDIAN as LE } from '../wire/integers.js';

/** A netlink socket as a connection wants it, in a namespace or in the current one. Throws SystemError. */
export function openNetlink(protocol: number, netns?: { readonly fd: number }): Socket {
  const socket = Socket.open(AF_NETLINK, SOCK_RAW, protocol, { netns, what: 'a netlink socket' });
  return closedOnError(socket, () => {
    socket.setOption(SOL_NETLINK, N.NETLINK_EXT_ACK, 1);
    socket.setOption(SOL_NETLINK, N.NETLINK_CAP_ACK, 1);
    checkStrictly(socket);
    return socket;
  });
}

function checkStrictly(socket: Socket): void {
  try {
    socket.setOption(SOL_NETLINK, N.NETLINK_GET_STRICT_CHK, 1);
  } catch (error) {
    // Before Linux 4.20 the filters of dumps are ignored.
    if (!(error instanceof SystemError && error.errno === -ENOPROTOOPT)) throw error;
  }
}

/** struct sockaddr_nl { u16 family; u16 pad; u32 pid; u32 groups; }: the kernel's port is 0, anybody else's is not. */
export function isFromKernel({ sender }: Pick<Socket, 'sender'>): boolean {
  return sender.getUint32(4, LE) === 0;
}
