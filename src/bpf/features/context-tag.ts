import { closeSync } from 'node:fs';
import { Memory } from '../../sys/memory.js';
import { BPF_PROG_TYPE_KPROBE, BPF_PSEUDO_CALL } from '../../uapi/bpf.js';
import { BTF_FUNC_GLOBAL, BTF_INT_SIGNED } from '../../uapi/btf.js';
import { BTF_LOAD, PROG_LOAD } from '../attr.js';
import { encodeBtf } from '../btf/encode.js';
import type { BtfType } from '../btf/types.js';
import { CALL, Instructions } from '../instruction.js';
import { StringTable } from '../string-table.js';
import { attempt } from '../syscall.js';

/** `int a(void *a)`, which calls `int b(void *b __arg_ctx)`. */
const TYPES: readonly BtfType[] = [
  { kind: 'void', name: '' },
  { kind: 'int', name: 'int', size: 4, encoding: BTF_INT_SIGNED, bitOffset: 0, bits: 32 },
  { kind: 'ptr', name: '', type: 0 },
  { kind: 'funcProto', name: '', type: 1, params: [{ name: 'a', type: 2 }] },
  { kind: 'func', name: 'a', type: 3, linkage: BTF_FUNC_GLOBAL },
  { kind: 'func', name: 'b', type: 3, linkage: BTF_FUNC_GLOBAL },
  { kind: 'declTag', name: 'arg:ctx', type: 5, component: 0, kindFlag: false },
];
const FUNC_GET_FUNC_IP = 173;
const EXIT = 0x95;

let known: boolean | undefined;

/** Whether the kernel knows the tag `arg:ctx` of parameters (6.8). False if it does not say. */
export function hasContextTag(): boolean {
  known ??= probe();
  return known;
}

/** A helper that wants the context gets the parameter of a global function, which is one by its tag only. */
function probe(): boolean {
  const data = encodeBtf({ types: TYPES, strings: new StringTable(new Uint8Array(1)) });
  const { result: progBtfFd } = attempt(BTF_LOAD, { btf: Memory.from(data), btfSize: data.length });
  if (progBtfFd < 0) return false;
  const insns = Memory.allocate(32);
  const code = new Instructions(insns.bytes);
  const plain = { opcode: CALL, dst: 0, src: 0, offset: 0, imm: FUNC_GET_FUNC_IP };
  code.set(0, { ...plain, src: BPF_PSEUDO_CALL, imm: 1 });
  code.set(2, plain);
  for (const at of [1, 3]) code.set(at, { ...plain, opcode: EXIT, imm: 0 });
  // struct bpf_func_info: instruction, type.
  const funcInfo = Memory.from(new Uint8Array(Uint32Array.of(0, 4, 2, 5).buffer));
  const args = { progType: BPF_PROG_TYPE_KPROBE, insns, insnCnt: 4, license: Memory.fromText('GPL') };
  const typed = { progBtfFd, funcInfo, funcInfoCnt: 2, funcInfoRecSize: 8 };
  const { result } = attempt(PROG_LOAD, { ...args, ...typed });
  closeSync(progBtfFd);
  if (result >= 0) closeSync(result);
  return result >= 0;
}
