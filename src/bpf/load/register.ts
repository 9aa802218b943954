import { Fd } from '../../sys/fd.js';
import { Memory } from '../../sys/memory.js';
import { BPF_F_LINK, BPF_STRUCT_OPS } from '../../uapi/bpf.js';
import { EBUSY } from '../../uapi/errno.js';
import { LINK_CREATE, MAP_DELETE_ELEM, MAP_UPDATE_ELEM } from '../attr.js';
import { BpfError } from '../error.js';
import { BpfLink } from '../link.js';
import type { MapSpec } from '../spec.js';
import { attempt, bpf } from '../syscall.js';

/** A struct of functions that the kernel uses until it is closed; without, it does so beyond the end of the process. */
export class Registration {
  readonly #map: Fd;
  readonly #what: string;
  #closed = false;

  /** `map` stays its owner's. */
  constructor(map: Fd, what: string) {
    this.#map = map;
    this.#what = what;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes the struct from the kernel. Throws BpfError (EINPROGRESS, EBUSY) while it is in use. May be called again. */
  close(): void {
    if (this.#closed) return;
    bpf(MAP_DELETE_ELEM, { mapFd: this.#map.fd, key: Memory.allocate(4) }, this.#what);
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Gives the value of a struct_ops map to the kernel, to be used. */
export function register(map: Fd, { name, flags }: MapSpec, value: Uint8Array): BpfLink | Registration {
  const what = `map ${name}`;
  const isLink = (flags & BPF_F_LINK) !== 0;
  const args = { mapFd: map.fd, key: Memory.allocate(4), value: Memory.from(value) };
  const { result } = attempt(MAP_UPDATE_ELEM, args);
  // That of a link is set once, and stays for the next link.
  if (result < 0 && !(isLink && result === -EBUSY)) throw new BpfError(result, MAP_UPDATE_ELEM.name, what);
  if (!isLink) return new Registration(map, what);
  const link = bpf(LINK_CREATE, { fd: map.fd, attachType: BPF_STRUCT_OPS }, what);
  return new BpfLink(new Fd(link.result, `BPF link of ${what}`));
}
