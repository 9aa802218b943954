/**
 * The commands of bpf(2), each with its slice of `union bpf_attr`. Fields have the kernel's names in camelCase; those of
 * a union that differ in meaning only (`target_fd`, `target_ifindex`) are one field. Left out is zero, and so is what a
 * newer field is for a kernel that does not know it: such a field must stay zero there.
 *
 * Source: include/uapi/linux/bpf.h (v7.3). Numbers are in host byte order, sizes and counts in bytes and items.
 */
import type { Memory } from '../sys/memory.js';
import {
  BPF_BTF_GET_FD_BY_ID,
  BPF_BTF_GET_NEXT_ID,
  BPF_BTF_LOAD,
  BPF_ENABLE_STATS,
  BPF_ITER_CREATE,
  BPF_LINK_CREATE,
  BPF_LINK_DETACH,
  BPF_LINK_GET_FD_BY_ID,
  BPF_LINK_GET_NEXT_ID,
  BPF_LINK_UPDATE,
  BPF_MAP_CREATE,
  BPF_MAP_DELETE_BATCH,
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_FREEZE,
  BPF_MAP_GET_FD_BY_ID,
  BPF_MAP_GET_NEXT_ID,
  BPF_MAP_GET_NEXT_KEY,
  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_LOOKUP_BATCH,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_BATCH,
  BPF_MAP_UPDATE_ELEM,
  BPF_OBJ_GET,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_OBJ_NAME_LEN,
  BPF_OBJ_PIN,
  BPF_PROG_ATTACH,
  BPF_PROG_BIND_MAP,
  BPF_PROG_DETACH,
  BPF_PROG_GET_FD_BY_ID,
  BPF_PROG_GET_NEXT_ID,
  BPF_PROG_LOAD,
  BPF_PROG_QUERY,
  BPF_PROG_TEST_RUN,
  BPF_RAW_TRACEPOINT_OPEN,
  BPF_TOKEN_CREATE,
} from '../uapi/bpf.js';
import { type Fixed, fixed } from '../wire/codec.js';
import { s32, u32, u64 } from '../wire/integers.js';
import { type Fields, type StructCodec, struct } from '../wire/struct.js';
import { fixedText } from '../wire/text.js';

/** A command with its arguments. */
export interface Command<F extends Fields> {
  /** The kernel's name: `BPF_MAP_CREATE`. */
  readonly name: string;
  readonly number: number;
  readonly attr: StructCodec<F>;
}

const command = <const F extends Fields>(name: string, number: number, fields: F): Command<F> => ({
  name,
  number,
  attr: struct(fields),
});

/** A `__aligned_u64` that holds an address: given as the memory, which stays reachable as long as the arguments do. */
const pointer: Fixed<bigint, Memory> = fixed(8, 8, u64.inPlace.source, (view, at, memory) => {
  u64.write(view, at, memory.address);
});

const objectName = fixedText(BPF_OBJ_NAME_LEN);

export const MAP_CREATE = command('BPF_MAP_CREATE', BPF_MAP_CREATE, {
  mapType: u32,
  keySize: u32,
  valueSize: u32,
  maxEntries: u32,
  mapFlags: u32,
  innerMapFd: u32,
  numaNode: u32,
  mapName: objectName,
  mapIfindex: u32,
  btfFd: u32,
  btfKeyTypeId: u32,
  btfValueTypeId: u32,
  btfVmlinuxValueTypeId: u32,
  mapExtra: u64,
  valueTypeBtfObjFd: s32,
  mapTokenFd: s32,
  exclProgHash: pointer,
  exclProgHashSize: u32,
});

/** `value` is `next_key` for BPF_MAP_GET_NEXT_KEY. */
const element = { mapFd: u32, key: pointer, value: pointer, flags: u64 } as const;
export const MAP_LOOKUP_ELEM = command('BPF_MAP_LOOKUP_ELEM', BPF_MAP_LOOKUP_ELEM, element);
export const MAP_UPDATE_ELEM = command('BPF_MAP_UPDATE_ELEM', BPF_MAP_UPDATE_ELEM, element);
export const MAP_DELETE_ELEM = command('BPF_MAP_DELETE_ELEM', BPF_MAP_DELETE_ELEM, { mapFd: u32, key: pointer });
export const MAP_GET_NEXT_KEY = command('BPF_MAP_GET_NEXT_KEY', BPF_MAP_GET_NEXT_KEY, element);
export const MAP_LOOKUP_AND_DELETE_ELEM = command(
  'BPF_MAP_LOOKUP_AND_DELETE_ELEM',
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  element,
);
export const MAP_FREEZE = command('BPF_MAP_FREEZE', BPF_MAP_FREEZE, { mapFd: u32 });

const batch = {
  inBatch: pointer,
  outBatch: pointer,
  keys: pointer,
  values: pointer,
  /** In: room for so many; out: so many done. */
  count: u32,
  mapFd: u32,
  elemFlags: u64,
  flags: u64,
} as const;
export const MAP_LOOKUP_BATCH = command('BPF_MAP_LOOKUP_BATCH', BPF_MAP_LOOKUP_BATCH, batch);
export const MAP_LOOKUP_AND_DELETE_BATCH = command(
  'BPF_MAP_LOOKUP_AND_DELETE_BATCH',
  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
  batch,
);
export const MAP_UPDATE_BATCH = command('BPF_MAP_UPDATE_BATCH', BPF_MAP_UPDATE_BATCH, batch);
export const MAP_DELETE_BATCH = command('BPF_MAP_DELETE_BATCH', BPF_MAP_DELETE_BATCH, batch);

export const PROG_LOAD = command('BPF_PROG_LOAD', BPF_PROG_LOAD, {
  progType: u32,
  insnCnt: u32,
  insns: pointer,
  license: pointer,
  logLevel: u32,
  logSize: u32,
  logBuf: pointer,
  kernVersion: u32,
  progFlags: u32,
  progName: objectName,
  progIfindex: u32,
  expectedAttachType: u32,
  progBtfFd: u32,
  funcInfoRecSize: u32,
  funcInfo: pointer,
  funcInfoCnt: u32,
  lineInfoRecSize: u32,
  lineInfo: pointer,
  lineInfoCnt: u32,
  attachBtfId: u32,
  /** `attach_prog_fd` or `attach_btf_obj_fd`. */
  attachFd: u32,
  coreReloCnt: u32,
  fdArray: pointer,
  coreRelos: pointer,
  coreReloRecSize: u32,
  /** Out: how long the whole log is, its NUL included; since 6.4. */
  logTrueSize: u32,
  progTokenFd: s32,
  fdArrayCnt: u32,
  signature: pointer,
  signatureSize: u32,
  keyringId: s32,
});

const object = { pathname: pointer, bpfFd: u32, fileFlags: u32, pathFd: s32 } as const;
export const OBJ_PIN = command('BPF_OBJ_PIN', BPF_OBJ_PIN, object);
export const OBJ_GET = command('BPF_OBJ_GET', BPF_OBJ_GET, object);

const attach = {
  target: u32,
  attachBpfFd: u32,
  attachType: u32,
  attachFlags: u32,
  replaceBpfFd: u32,
  relative: u32,
  expectedRevision: u64,
} as const;
export const PROG_ATTACH = command('BPF_PROG_ATTACH', BPF_PROG_ATTACH, attach);
export const PROG_DETACH = command('BPF_PROG_DETACH', BPF_PROG_DETACH, attach);

export const PROG_QUERY = command('BPF_PROG_QUERY', BPF_PROG_QUERY, {
  target: u32,
  attachType: u32,
  queryFlags: u32,
  attachFlags: u32,
  progIds: pointer,
  count: u32,
  reserved: u32,
  progAttachFlags: pointer,
  linkIds: pointer,
  linkAttachFlags: pointer,
  revision: u64,
});

export const PROG_TEST_RUN = command('BPF_PROG_TEST_RUN', BPF_PROG_TEST_RUN, {
  progFd: u32,
  /** Out: what the program answered. */
  retval: u32,
  dataSizeIn: u32,
  /** In: room; out: bytes written. */
  dataSizeOut: u32,
  dataIn: pointer,
  dataOut: pointer,
  repeat: u32,
  /** Out: nanoseconds per run. */
  duration: u32,
  ctxSizeIn: u32,
  ctxSizeOut: u32,
  ctxIn: pointer,
  ctxOut: pointer,
  flags: u32,
  cpu: u32,
  batchSize: u32,
});

const byId = { id: u32, nextId: u32, openFlags: u32, fdByIdTokenFd: s32 } as const;
export const PROG_GET_NEXT_ID = command('BPF_PROG_GET_NEXT_ID', BPF_PROG_GET_NEXT_ID, byId);
export const MAP_GET_NEXT_ID = command('BPF_MAP_GET_NEXT_ID', BPF_MAP_GET_NEXT_ID, byId);
export const BTF_GET_NEXT_ID = command('BPF_BTF_GET_NEXT_ID', BPF_BTF_GET_NEXT_ID, byId);
export const LINK_GET_NEXT_ID = command('BPF_LINK_GET_NEXT_ID', BPF_LINK_GET_NEXT_ID, byId);
export const PROG_GET_FD_BY_ID = command('BPF_PROG_GET_FD_BY_ID', BPF_PROG_GET_FD_BY_ID, byId);
export const MAP_GET_FD_BY_ID = command('BPF_MAP_GET_FD_BY_ID', BPF_MAP_GET_FD_BY_ID, byId);
export const BTF_GET_FD_BY_ID = command('BPF_BTF_GET_FD_BY_ID', BPF_BTF_GET_FD_BY_ID, byId);
export const LINK_GET_FD_BY_ID = command('BPF_LINK_GET_FD_BY_ID', BPF_LINK_GET_FD_BY_ID, byId);

export const OBJ_GET_INFO_BY_FD = command('BPF_OBJ_GET_INFO_BY_FD', BPF_OBJ_GET_INFO_BY_FD, {
  bpfFd: u32,
  /** In: room; out: bytes written. */
  infoLen: u32,
  info: pointer,
});

export const RAW_TRACEPOINT_OPEN = command('BPF_RAW_TRACEPOINT_OPEN', BPF_RAW_TRACEPOINT_OPEN, {
  name: pointer,
  progFd: u32,
  reserved: u32,
  cookie: u64,
});

export const BTF_LOAD = command('BPF_BTF_LOAD', BPF_BTF_LOAD, {
  btf: pointer,
  btfLogBuf: pointer,
  btfSize: u32,
  btfLogSize: u32,
  btfLogLevel: u32,
  /** Out: how long the whole log is, its NUL included; since 6.4. */
  btfLogTrueSize: u32,
  btfFlags: u32,
  btfTokenFd: s32,
});

/** Without what is peculiar to some kinds of links. `fd` is of a program, or of a struct_ops map. */
export const LINK_CREATE = command('BPF_LINK_CREATE', BPF_LINK_CREATE, {
  fd: u32,
  target: u32,
  attachType: u32,
  flags: u32,
});

/** The same with what places in a file want; only to find out what the kernel knows. */
export const LINK_CREATE_UPROBE_MULTI = command('BPF_LINK_CREATE', BPF_LINK_CREATE, {
  ...{ fd: u32, target: u32, attachType: u32, flags: u32 },
  path: pointer,
  offsets: pointer,
  refCtrOffsets: pointer,
  cookies: pointer,
  cnt: u32,
  multiFlags: u32,
  pid: u32,
});

/** `fd`s are of programs, or of struct_ops maps. */
export const LINK_UPDATE = command('BPF_LINK_UPDATE', BPF_LINK_UPDATE, {
  linkFd: u32,
  newFd: u32,
  flags: u32,
  oldFd: u32,
});
export const LINK_DETACH = command('BPF_LINK_DETACH', BPF_LINK_DETACH, { linkFd: u32 });
export const ENABLE_STATS = command('BPF_ENABLE_STATS', BPF_ENABLE_STATS, { type: u32 });
export const ITER_CREATE = command('BPF_ITER_CREATE', BPF_ITER_CREATE, { linkFd: u32, flags: u32 });
export const TOKEN_CREATE = command('BPF_TOKEN_CREATE', BPF_TOKEN_CREATE, { flags: u32, bpffsFd: u32 });
export const PROG_BIND_MAP = command('BPF_PROG_BIND_MAP', BPF_PROG_BIND_MAP, { progFd: u32, mapFd: u32, flags: u32 });
