import { ClosedError, type Fd } from '../../sys/fd.js';
import { Memory } from '../../sys/memory.js';
import { SharedMemory } from '../../sys/shared-memory.js';
import { BPF_F_MMAPABLE } from '../../uapi/bpf.js';
import { EncodeError } from '../../wire/error.js';
import { MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM } from '../attr.js';
import type { DataAccess } from '../object/variables.js';
import type { MapSpec } from '../spec.js';
import { bpf } from '../syscall.js';

/** Global variables in the kernel, which programs read and write at the same time. */
export interface OpenData extends DataAccess {
  close(): void;
}

/** In place, where it is mapped already (`memory`), or where the map can be mapped (5.5) and is not constant; else by copies of all variables of the map. */
export function openData(fd: Fd, spec: MapSpec, memory?: SharedMemory): OpenData {
  if (memory !== undefined) return inPlace(fd, memory);
  const mapped =
    (spec.flags & BPF_F_MMAPABLE) === 0 || spec.readOnly ? undefined : SharedMemory.tryMap(fd.fd, spec.valueSize);
  return mapped === undefined ? byCopies(fd, spec) : inPlace(fd, mapped);
}

function inPlace(fd: Fd, memory: SharedMemory): OpenData {
  return {
    read: (offset, size) => memory.read(offset, size) ?? closed(fd),
    write: (offset, bytes) => {
      if (!memory.write(offset, bytes)) closed(fd);
    },
    close: () => memory.close(),
  };
}

function closed(fd: Fd): never {
  throw new ClosedError(`${fd.what} is closed`);
}

function byCopies(fd: Fd, { name, valueSize, readOnly }: MapSpec): OpenData {
  const readAll = (): Memory => {
    const value = Memory.allocate(valueSize);
    bpf(MAP_LOOKUP_ELEM, { mapFd: fd.fd, key: Memory.allocate(4), value }, `map ${name}`);
    return value;
  };
  return {
    read: (offset, size) => readAll().bytes.slice(offset, offset + size),
    write: (offset, bytes) => {
      if (readOnly) throw new EncodeError('is constant once the object is loaded; set it before');
      const value = readAll();
      value.bytes.set(bytes, offset);
      bpf(MAP_UPDATE_ELEM, { mapFd: fd.fd, key: Memory.allocate(4), value }, `map ${name}`);
    },
    close: () => {},
  };
}
