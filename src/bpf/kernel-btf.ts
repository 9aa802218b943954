import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SystemError } from '../sys/errno.js';
import { mapFile } from '../sys/mapped.js';
import { ENOENT } from '../uapi/errno.js';
import { btfSection } from './btf/from-elf.js';
import { LazyBtf } from './btf/lazy.js';
import type { CoreTargets } from './core/candidates.js';
import { UnsupportedError } from './error.js';

const FOLDER = '/sys/kernel/btf';

let kernel: LazyBtf | undefined;

/**
 * The types of the running kernel, indexed once per process.
 *
 * Throws UnsupportedError when it has none (it is built without CONFIG_DEBUG_INFO_BTF), SystemError when they cannot be
 * read.
 */
export function kernelBtf(): LazyBtf {
  kernel ??= new LazyBtf(readKernel());
  return kernel;
}

function readKernel(): Uint8Array {
  try {
    return mapFile(`${FOLDER}/vmlinux`);
  } catch (error) {
    const missing = error instanceof SystemError && error.errno === -ENOENT;
    if (!missing) throw error;
    throw new UnsupportedError('BTF of its own types (CONFIG_DEBUG_INFO_BTF)', { cause: error });
  }
}

/** A module that is loaded again may have other types; its file is then another one. */
interface KnownModule {
  readonly inode: number;
  readonly btf: LazyBtf;
}
const modules = new Map<string, KnownModule>();

/** The types of the modules loaded now, by name, since Linux 5.11; each counts on from those of {@link kernelBtf}. */
export function moduleBtfs(): ReadonlyMap<string, LazyBtf> {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name !== 'vmlinux') : [];
  for (const name of modules.keys()) if (!names.includes(name)) modules.delete(name);
  for (const name of names) {
    const known = readModule(name);
    if (known !== undefined) modules.set(name, known);
  }
  return new Map([...modules].map(([name, { btf }]) => [name, btf]));
}

/** Undefined when the module went away meanwhile. */
function readModule(name: string): KnownModule | undefined {
  const path = `${FOLDER}/${name}`;
  try {
    const { ino } = statSync(path);
    const known = modules.get(name);
    return known?.inode === ino ? known : { inode: ino, btf: new LazyBtf(readFileSync(path), kernelBtf()) };
  } catch (error) {
    const failure = SystemError.from(error, path);
    if (failure instanceof SystemError && failure.errno === -ENOENT) return undefined;
    throw failure;
  }
}

/** Where the types are that a program is fitted to: those of the running kernel, read when they are first asked for. */
export const RUNNING_KERNEL: CoreTargets = {
  first: kernelBtf,
  others: () => [...moduleBtfs().values()],
};

/**
 * The types in a file: BTF as such, or in section `.BTF` of an ELF file, as the BTFHub archive has them for kernels
 * without their own.
 *
 * Throws SystemError when it cannot be read, DecodeError when it is damaged.
 */
export function fileTargets(source: string | URL | Uint8Array): CoreTargets {
  const btf = new LazyBtf(btfSection(source instanceof Uint8Array ? source : read(source)));
  return { first: () => btf, others: () => [] };
}

function read(source: string | URL): Uint8Array {
  const path = typeof source === 'string' ? source : fileURLToPath(source);
  try {
    return readFileSync(path);
  } catch (error) {
    throw SystemError.from(error, path);
  }
}
