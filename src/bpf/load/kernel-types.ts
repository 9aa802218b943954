import { Fd } from '../../sys/fd.js';
import { keepReachable, Memory } from '../../sys/memory.js';
import { ENOENT } from '../../uapi/errno.js';
import { u32, u64 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { BTF_GET_FD_BY_ID, BTF_GET_NEXT_ID } from '../attr.js';
import { essentialName } from '../btf/essential-name.js';
import type { LazyBtf } from '../btf/lazy.js';
import type { BtfKind } from '../btf/types.js';
import { BpfError } from '../error.js';
import { objectInfo } from '../info.js';
import { kernelBtf, moduleBtfs } from '../kernel-btf.js';
import { attempt } from '../syscall.js';

const LONGEST_NAME = 64;

/** A type of the running kernel. */
export interface KernelType {
  readonly btf: LazyBtf;
  readonly id: number;
  /** The module that has it; absent: the kernel itself. */
  readonly module?: string;
}

/** Where types of the kernel are looked up. */
export interface TypeSource {
  /** The first type of this kind and name: the kernel's own, else that of a module; of `module` only, if one is named. */
  find(kind: BtfKind, name: string, module?: string): KernelType | undefined;
  /** The BTF of a module, kept open until the source is closed. */
  moduleFd(module: string): Fd;
  /** Names that `find` will be asked for: all are then looked for at once. */
  expect?(names: Iterable<string>): void;
}

/** The types of the running kernel and its modules, looked at when something asks for them. */
export class KernelTypes implements TypeSource {
  readonly #fds = new Map<string, Fd>();
  readonly #expected = new Set<string>();

  expect(names: Iterable<string>): void {
    for (const name of names) this.#expected.add(essentialName(name));
  }

  find(kind: BtfKind, name: string, module?: string): KernelType | undefined {
    if (module === undefined || module === 'vmlinux') {
      const btf = kernelBtf();
      btf.expect(this.#expected);
      this.#expected.clear();
      const id = btf.find(kind, name);
      if (id !== 0) return { btf, id };
      if (module !== undefined) return undefined;
    }
    for (const [each, btf] of moduleBtfs()) {
      const id = module === undefined || each === module ? btf.find(kind, name) : 0;
      if (id !== 0) return { btf, id, module: each };
    }
    return undefined;
  }

  moduleFd(module: string): Fd {
    const fd = this.#fds.get(module) ?? openModule(module);
    this.#fds.set(module, fd);
    return fd;
  }

  close(): void {
    for (const fd of this.#fds.values()) fd.close();
    this.#fds.clear();
  }
}

/** Throws BpfError (ENOENT) for a module that is not loaded. */
function openModule(module: string): Fd {
  for (const id of btfIds()) {
    const fd = tryOpen(id);
    if (fd === undefined) continue;
    if (isModule(fd, module)) return fd;
    fd.close();
  }
  throw new BpfError(ENOENT, BTF_GET_FD_BY_ID.name, `BTF of module ${module}`);
}

function* btfIds(): Generator<number> {
  for (let id = 0; ; ) {
    const { result, attr } = attempt(BTF_GET_NEXT_ID, { id });
    if (result === -ENOENT) return;
    if (result < 0) throw new BpfError(result, BTF_GET_NEXT_ID.name, 'BTF of kernel modules');
    id = attr.nextId;
    yield id;
  }
}

/** Undefined for what is gone meanwhile. */
function tryOpen(id: number): Fd | undefined {
  const { result } = attempt(BTF_GET_FD_BY_ID, { id });
  if (result === -ENOENT) return undefined;
  if (result < 0) throw new BpfError(result, BTF_GET_FD_BY_ID.name, `BTF ${id}`);
  return new Fd(result, `BTF ${id}`);
}

/** struct bpf_btf_info: include/uapi/linux/bpf.h (v7.3). Sizes are in and out, for the memory whose address is given. */
const bpfBtfInfo = struct({ btf: u64, btfSize: u32, id: u32, name: u64, nameLen: u32, kernelBtf: u32 });

/** Names and origins are told since 5.11, as are the types of modules. */
function isModule(fd: Fd, module: string): boolean {
  const memory = Memory.allocate(LONGEST_NAME);
  const given = { name: memory.address, nameLen: LONGEST_NAME };
  const { kernelBtf } = keepReachable(memory, () => objectInfo(fd.fd, bpfBtfInfo, fd.what, given));
  return kernelBtf === 1 && Buffer.from(memory.bytes).toString('latin1').startsWith(`${module}\0`);
}

/** The bytes of BTF that the kernel has. */
export function readBtf(fd: Fd): Uint8Array {
  const { btfSize } = objectInfo(fd.fd, bpfBtfInfo, fd.what);
  const memory = Memory.allocate(btfSize);
  keepReachable(memory, () => objectInfo(fd.fd, bpfBtfInfo, fd.what, { btf: memory.address, btfSize }));
  return memory.bytes;
}
