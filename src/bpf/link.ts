import { closedOnError, Fd } from '../sys/fd.js';
import { LINK_DETACH, LINK_GET_FD_BY_ID } from './attr.js';
import { openPinned, pin } from './pin.js';
import { bpf } from './syscall.js';

/**
 * A BPF link: something attached, for as long as somebody holds it. Closing it, or the end of the process, undoes what it
 * stands for, unless it is pinned.
 */
export class BpfLink {
  readonly #fd: Fd;

  /** Takes over a descriptor of a link. */
  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Opens the link pinned at `path`. Throws BpfError (ENOENT), EncodeError if it is no link. */
  static open(path: string): BpfLink {
    return new BpfLink(openPinned(path, 'link'));
  }

  /** Opens the link with the kernel's number `id`; needs CAP_SYS_ADMIN. Throws BpfError (ENOENT). */
  static fromId(id: number): BpfLink {
    const { result } = bpf(LINK_GET_FD_BY_ID, { id }, `link ${id}`);
    return closedOnError(new Fd(result, `BPF link ${id}`), (fd) => new BpfLink(fd));
  }

  /** The descriptor; throws ClosedError once closed. */
  get fd(): number {
    return this.#fd.fd;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /** Gives the link a name on a BPF file system, which keeps it alive until `unpin(path)`. Makes missing directories. */
  pin(path: string): void {
    pin(this.fd, path, this.#fd.what);
  }

  /** Undoes what it stands for, whoever else holds it (BPF_LINK_DETACH, Linux 5.9). */
  detach(): void {
    bpf(LINK_DETACH, { linkFd: this.fd }, this.#fd.what);
  }

  /** May be called again, without effect. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
