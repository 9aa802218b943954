import type { Fd } from '../../sys/fd.js';
import { pageSize } from '../../sys/page-size.js';
import { SharedMemory } from '../../sys/shared-memory.js';
import { BPF_MAP_TYPE_ARENA } from '../../uapi/bpf.js';
import { EncodeError } from '../../wire/error.js';
import { hasFarData } from '../features/data.js';
import type { MapSpec } from '../spec.js';

/** Where the variables of an arena begin: in its last pages, or in its first where programs cannot name those. */
export function arenaDataStart({ type, maxEntries, contents }: MapSpec): number {
  if (type !== BPF_MAP_TYPE_ARENA || contents === undefined || !hasFarData()) return 0;
  const page = pageSize();
  return page * (maxEntries - Math.ceil(contents.length / page));
}

/**
 * Maps an arena, which the kernel wants before a program that uses it is loaded, and puts its variables there. It stays
 * mapped until what this answers is closed: pointers in it are addresses of this process.
 */
export function mapArena(fd: Fd, spec: MapSpec): SharedMemory {
  const { name, extra, maxEntries, contents = new Uint8Array() } = spec;
  const length = pageSize() * maxEntries;
  if (contents.length > length) {
    throw new EncodeError(`has ${length} bytes, and variables of ${contents.length}`, `map ${name}`);
  }
  const part = { offset: arenaDataStart(spec), size: contents.length };
  const memory = SharedMemory.mapAt(fd.fd, Number(extra), length, part, `map ${name}`);
  memory.write(0, contents);
  return memory;
}
