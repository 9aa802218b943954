import { closeSync } from 'node:fs';
import { Memory } from '../../sys/memory.js';
import { BPF_PROG_TYPE_TRACEPOINT } from '../../uapi/bpf.js';
import { PROG_LOAD } from '../attr.js';
import { attempt } from '../syscall.js';

/** `call bpf_get_attach_cookie (174); exit`, little endian. */
const GET_COOKIE = Uint8Array.of(0x85, 0, 0, 0, 174, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

let cookie: boolean | undefined;

/** Whether programs can ask for the cookie that they were attached with (5.15). False if the kernel does not say. */
export function hasBpfCookie(): boolean {
  cookie ??= takes(GET_COOKIE);
  return cookie;
}

function takes(instructions: Uint8Array): boolean {
  const insns = Memory.from(instructions);
  const args = { progType: BPF_PROG_TYPE_TRACEPOINT, insns, insnCnt: instructions.length / 8 };
  const { result } = attempt(PROG_LOAD, { ...args, license: Memory.fromText('GPL') });
  if (result >= 0) closeSync(result);
  return result >= 0;
}
