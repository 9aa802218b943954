import { check } from './errno.js';
import { koffi, libc } from './libc.js';

/** include/uapi/asm-generic/mman-common.h (v7.3). */
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FIXED_NOREPLACE = 0x100000;

/** A part of a mapping. */
interface Part {
  readonly offset: number;
  readonly size: number;
}

/** Memory behind a descriptor, shared with the kernel and whoever else maps it, until it is closed. */
export class SharedMemory {
  readonly #address: number;
  readonly #length: number;
  #bytes: Uint8Array | undefined;

  private constructor(address: number, length: number, { offset, size }: Part) {
    this.#address = address;
    this.#length = length;
    this.#bytes = size === 0 ? new Uint8Array() : new Uint8Array(koffi().view(address + offset, size));
  }

  /** The first `length` bytes, to be read and written; undefined for a descriptor that cannot be mapped so. */
  static tryMap(fd: number, length: number): SharedMemory | undefined {
    const address = libc().mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return address < 0 ? undefined : new SharedMemory(address, length, { offset: 0, size: length });
  }

  /**
   * `length` bytes at `address`, or anywhere if that is 0, of which `part` is read and written. Throws SystemError
   * (EEXIST) when there is something at that address.
   */
  static mapAt(fd: number, address: number, length: number, part: Part, subject: string): SharedMemory {
    const flags = MAP_SHARED | (address === 0 ? 0 : MAP_FIXED_NOREPLACE);
    const mapped = check(libc().mmap(address, length, PROT_READ | PROT_WRITE, flags, fd, 0), 'mmap', subject);
    return new SharedMemory(mapped, length, part);
  }

  /** A copy of what is there now; undefined once closed. */
  read(offset: number, size: number): Uint8Array | undefined {
    return this.#bytes?.slice(offset, offset + size);
  }

  /** Writes these bytes and no others; false once closed. */
  write(offset: number, bytes: Uint8Array): boolean {
    this.#bytes?.set(bytes, offset);
    return this.#bytes !== undefined;
  }

  /** May be called again, without effect. No view of the memory is ever given out, so that none is left. */
  close(): void {
    if (this.#bytes === undefined) return;
    this.#bytes = undefined;
    libc().munmap(this.#address, this.#length);
  }
}
