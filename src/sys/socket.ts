import { SO_RCVBUF, SO_RCVBUFFORCE, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from '../uapi/socket.js';
import { SIOCGSKNS } from '../uapi/sockios.js';
import { EncodeError } from '../wire/error.js';
import { LITTLE_ENDIAN } from '../wire/integers.js';
import { check } from './errno.js';
import { Fd } from './fd.js';
import { libc } from './libc.js';
import { keepReachable, Memory } from './memory.js';
import { inNetns } from './netns.js';
import { readable } from './poll.js';

/** sizeof(struct sockaddr_storage) */
const SOCKADDR_SIZE = 128;

/** How a socket is opened. */
export interface SocketOptions {
  /** The network namespace to open it in, and that it belongs to for ever after; default: the current one. */
  readonly netns?: { readonly fd: number } | undefined;
  /** What it is for, in errors and warnings; default "a socket". */
  readonly what?: string | undefined;
}

/**
 * A socket. It never blocks: send and receive answer -EAGAIN instead, see {@link Socket.readable}.
 *
 * Setting up throws SystemError. {@link Socket.send}, {@link Socket.receive} and their promises throw nothing: they
 * answer a length or a negative error number.
 */
export class Socket {
  readonly #fd: Fd;
  readonly #sender = Memory.allocate(SOCKADDR_SIZE + 4);
  /** The address that the last received message came from, a `struct sockaddr`; overwritten by the next receive. */
  readonly sender: DataView<ArrayBuffer> = new DataView(this.#sender.bytes.buffer, 0, SOCKADDR_SIZE);

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Opens a socket, close-on-exec and non-blocking, in the current network namespace or in that of `netns`. */
  static open(domain: number, type: number, protocol: number, options: SocketOptions = {}): Socket {
    const { netns, what = 'a socket' } = options;
    const open = (): number => libc().socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    const fd = check(netns === undefined ? open() : inNetns(netns.fd, open), 'socket', what);
    return new Socket(new Fd(fd, what));
  }

  get fd(): number {
    return this.#fd.fd;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /** Sets an option: a number as a C int, or the bytes of a struct. */
  setOption(level: number, name: number, value: number | Uint8Array): void {
    const memory = typeof value === 'number' ? int(value) : Memory.from(value);
    const { length } = typeof value === 'number' ? { length: 4 } : value;
    const result = keepReachable(memory, () => libc().setsockopt(this.fd, level, name, memory.address, length));
    check(result, 'setsockopt', `${this.#fd.what} (level ${level}, option ${name})`);
  }

  /**
   * Bytes that the kernel may hold for what was not yet received; it counts its own overhead with them. Without
   * CAP_NET_ADMIN no more than net.core.rmem_max.
   */
  setReceiveBuffer(bytes: number): void {
    const memory = int(bytes);
    const forced = keepReachable(memory, () =>
      libc().setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, memory.address, 4),
    );
    if (forced < 0) this.setOption(SOL_SOCKET, SO_RCVBUF, bytes);
  }

  /** The value of an option, `size` bytes at most. */
  getOption(level: number, name: number, size = 4): Uint8Array {
    const memory = Memory.allocate(size);
    const length = int(size);
    const result = keepReachable([memory, length], () =>
      libc().getsockopt(this.fd, level, name, memory.address, length.address),
    );
    check(result, 'getsockopt', `${this.#fd.what} (level ${level}, option ${name})`);
    return memory.bytes.slice(0, length.view.getUint32(0, LITTLE_ENDIAN));
  }

  /** Binds to a `struct sockaddr`. */
  bind(sockaddr: Uint8Array): void {
    const memory = Memory.from(sockaddr);
    const result = keepReachable(memory, () => libc().bind(this.fd, memory.address, sockaddr.length));
    check(result, 'bind', this.#fd.what);
  }

  /** Connects to a `struct sockaddr`; a stream socket may answer EINPROGRESS. */
  connect(sockaddr: Uint8Array): void {
    const memory = Memory.from(sockaddr);
    const result = keepReachable(memory, () => libc().connect(this.fd, memory.address, sockaddr.length));
    check(result, 'connect', this.#fd.what);
  }

  /** The socket's own address, a `struct sockaddr`. */
  getsockname(): Uint8Array {
    const memory = Memory.allocate(SOCKADDR_SIZE);
    const length = int(SOCKADDR_SIZE);
    const result = keepReachable([memory, length], () => libc().getsockname(this.fd, memory.address, length.address));
    check(result, 'getsockname', this.#fd.what);
    return memory.bytes.slice(0, length.view.getUint32(0, LITTLE_ENDIAN));
  }

  /** Sends the first `length` bytes of `memory` to the connected or default peer. */
  send(memory: Memory, length: number, flags = 0): number {
    checkLength(memory, length);
    return libc().sendto(this.#fd.fd, memory.address, length, flags, 0, 0);
  }

  /** Sends bytes to a `struct sockaddr`, and answers how many were sent. Throws SystemError. */
  sendTo(bytes: Uint8Array, sockaddr: Uint8Array, flags = 0): number {
    const data = Memory.from(bytes);
    const to = Memory.from(sockaddr);
    const result = keepReachable([data, to], () =>
      libc().sendto(this.fd, data.address, bytes.length, flags, to.address, sockaddr.length),
    );
    return check(result, 'sendto', this.#fd.what);
  }

  /** Receives one message into `memory`; with MSG_TRUNC in `flags` the answer is its true length. */
  receive(memory: Memory, flags = 0): number {
    const address = this.#resetSender();
    return libc().recvfrom(this.#fd.fd, memory.address, memory.bytes.length, flags, address, address + SOCKADDR_SIZE);
  }

  /** {@link Socket.send} on a thread of the pool, for requests that sleep in the kernel. */
  async sendAsync(memory: Memory, length: number, flags = 0): Promise<number> {
    checkLength(memory, length);
    const result = await this.#fd.use((fd) => libc().sendto.async(fd, memory.address, length, flags, 0, 0));
    return keepReachable(memory, () => result);
  }

  /** {@link Socket.receive} on a thread of the pool, for dumps that take long. One at a time. */
  async receiveAsync(memory: Memory, flags = 0): Promise<number> {
    const address = this.#resetSender();
    const { length } = memory.bytes;
    const result = await this.#fd.use((fd) =>
      libc().recvfrom.async(fd, memory.address, length, flags, address, address + SOCKADDR_SIZE),
    );
    return keepReachable([memory, this.#sender], () => result);
  }

  /** Waits until there is something to receive, an error included; see `readable` in poll.ts. */
  readable(signal?: AbortSignal): Promise<void> {
    return readable(this.#fd, signal);
  }

  /** The network namespace that the socket belongs to, as a descriptor; Linux 4.10. */
  netns(): Fd {
    const fd = check(libc().ioctl(this.fd, SIOCGSKNS, 0), 'ioctl SIOCGSKNS', this.#fd.what);
    return new Fd(fd, 'a network namespace');
  }

  /** May be called again, without effect. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The kernel writes the address's length over the room there was for it. */
  #resetSender(): number {
    this.#sender.view.setUint32(SOCKADDR_SIZE, SOCKADDR_SIZE, LITTLE_ENDIAN);
    return this.#sender.address;
  }
}

function int(value: number): Memory {
  const memory = Memory.allocate(4);
  memory.view.setInt32(0, value, LITTLE_ENDIAN);
  return memory;
}

function checkLength(memory: Memory, length: number): void {
  if (length > memory.bytes.length) throw new EncodeError(`${length} bytes to send, ${memory.bytes.length} in memory`);
}
