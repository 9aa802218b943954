import { readFileSync } from 'node:fs';
import { Memory } from '../sys/memory.js';
import { BPF_OBJ_NAME_LEN, BPF_TAG_SIZE } from '../uapi/bpf.js';
import { fixedBytes } from '../wire/bytes.js';
import { u32, u64 } from '../wire/integers.js';
import { Reader } from '../wire/reader.js';
import { type Fields, type StructCodec, type StructValue, struct } from '../wire/struct.js';
import { fixedText } from '../wire/text.js';
import { OBJ_GET_INFO_BY_FD } from './attr.js';
import { bpf } from './syscall.js';

const objectName = fixedText(BPF_OBJ_NAME_LEN);

/** struct bpf_map_info: include/uapi/linux/bpf.h (v7.3). */
export const bpfMapInfo = struct({
  type: u32,
  id: u32,
  keySize: u32,
  valueSize: u32,
  maxEntries: u32,
  mapFlags: u32,
  name: objectName,
  ifindex: u32,
  btfVmlinuxValueTypeId: u32,
  netnsDev: u64,
  netnsIno: u64,
  btfId: u32,
  btfKeyTypeId: u32,
  btfValueTypeId: u32,
  btfVmlinuxId: u32,
  mapExtra: u64,
});

/** struct bpf_prog_info: include/uapi/linux/bpf.h (v7.3). Counts are in and out, for the arrays whose address is given. */
export const bpfProgInfo = struct({
  type: u32,
  id: u32,
  tag: fixedBytes(BPF_TAG_SIZE),
  jitedProgLen: u32,
  xlatedProgLen: u32,
  jitedProgInsns: u64,
  xlatedProgInsns: u64,
  loadTime: u64,
  createdByUid: u32,
  nrMapIds: u32,
  mapIds: u64,
  name: objectName,
  ifindex: u32,
  /** Bit 0: gpl_compatible. */
  bits: u32,
  netnsDev: u64,
  netnsIno: u64,
  nrJitedKsyms: u32,
  nrJitedFuncLens: u32,
  jitedKsyms: u64,
  jitedFuncLens: u64,
  btfId: u32,
  funcInfoRecSize: u32,
  funcInfo: u64,
  nrFuncInfo: u32,
  nrLineInfo: u32,
  lineInfo: u64,
  jitedLineInfo: u64,
  nrJitedLineInfo: u32,
  lineInfoRecSize: u32,
  jitedLineInfoRecSize: u32,
  nrProgTags: u32,
  progTags: u64,
  runTimeNs: u64,
  runCnt: u64,
  recursionMisses: u64,
  verifiedInsns: u32,
  attachBtfObjId: u32,
  attachBtfId: u32,
});

/** What the kernel says about an object. An older kernel's shorter answer reads as if zeros followed. */
export function objectInfo<F extends Fields>(
  fd: number,
  codec: StructCodec<F>,
  subject: string,
  given: Parameters<StructCodec<F>['write']>[2] = {},
): StructValue<F> {
  const memory = Memory.allocate(codec.size);
  codec.write(memory.view, 0, given);
  const { attr } = bpf(OBJ_GET_INFO_BY_FD, { bpfFd: fd, infoLen: codec.size, info: memory }, subject);
  return codec.decode(new Reader(memory.bytes), 0, Math.min(attr.infoLen, codec.size));
}

/** Bytes of locked or charged memory that an object takes, from /proc/self/fdinfo. */
export function memlockOf(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  return Number(/^memlock:\s*(\d+)/m.exec(text)?.[1] ?? 0);
}

/** Whether a map was frozen (BPF_MAP_FREEZE), from /proc/self/fdinfo; since 5.2. */
export function isFrozen(fd: number): boolean {
  return /^frozen:\s*1/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
}
