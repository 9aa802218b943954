import { closeSync } from 'node:fs';
import { Memory } from '../../sys/memory.js';
import { BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI } from '../../uapi/bpf.js';
import { EBADF, EINVAL } from '../../uapi/errno.js';
import { LINK_CREATE_UPROBE_MULTI, PROG_LOAD } from '../attr.js';
import { attempt } from '../syscall.js';

/** `r0 = 0; exit`, little endian. */
const INSTRUCTIONS = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

let known: boolean | undefined;

/**
 * Whether one link attaches a program to many places of a file, in one process where that is wanted. The first kernels
 * that did (6.6) took a thread for the process; they do not find fault with process -1. False if the kernel does not say.
 */
export function hasUprobeMultiLink(): boolean {
  known ??= probe();
  return known;
}

/** libbpf's questions (v1.8): the root directory is no file (EBADF), and -1 is no process (EINVAL). */
function probe(): boolean {
  const code = { progType: BPF_PROG_TYPE_KPROBE, insns: Memory.from(INSTRUCTIONS), insnCnt: 2 };
  const args = { ...code, license: Memory.fromText('GPL'), expectedAttachType: BPF_TRACE_UPROBE_MULTI };
  const { result: program } = attempt(PROG_LOAD, args);
  if (program < 0) return false;
  const place = { path: Memory.fromText('/'), offsets: Memory.allocate(8), cnt: 1 };
  const link = { fd: program, target: 0xffff_ffff, attachType: BPF_TRACE_UPROBE_MULTI, ...place };
  const [plain, inProcess] = [0, 0xffff_ffff].map((pid) => attempt(LINK_CREATE_UPROBE_MULTI, { ...link, pid }).result);
  closeSync(program);
  return plain === -EBADF && inProcess === -EINVAL;
}
