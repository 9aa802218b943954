import { closeSync } from 'node:fs';
import { Memory } from '../../sys/memory.js';
import { BPF_MAP_TYPE_ARRAY, BPF_PROG_TYPE_SOCKET_FILTER, BPF_PSEUDO_MAP_VALUE } from '../../uapi/bpf.js';
import { MAP_CREATE, PROG_LOAD } from '../attr.js';
import { Instructions, LD_IMM64 } from '../instruction.js';
import { withLog } from '../log.js';
import { attempt } from '../syscall.js';

let far: boolean | undefined;

/**
 * Whether programs may name bytes of a map's value beyond 512 MiB. A kernel that does not let them says so (`direct value
 * offset of 1073741824 is not allowed`); one that does finds fault with the size of the map. False if it does not say.
 */
export function hasFarData(): boolean {
  far ??= probe();
  return far;
}

/** `r1 = byte 2^30 of the map's value; exit` */
function probe(): boolean {
  const { result: map } = attempt(MAP_CREATE, { mapType: BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 1, maxEntries: 1 });
  if (map < 0) return false;
  const insns = Memory.allocate(24);
  const code = new Instructions(insns.bytes);
  code.set(0, { opcode: LD_IMM64, dst: 1, src: BPF_PSEUDO_MAP_VALUE, offset: 0, imm: map });
  code.set(1, { opcode: 0, dst: 0, src: 0, offset: 0, imm: 1 << 30 });
  code.set(2, { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 });
  const { log } = withLog((logBuf, logSize) => {
    const args = { progType: BPF_PROG_TYPE_SOCKET_FILTER, insns, insnCnt: 3, license: Memory.fromText('GPL') };
    const { result, attr } = attempt(PROG_LOAD, { ...args, logLevel: 1, logSize, logBuf });
    return { result, trueSize: attr.logTrueSize };
  });
  closeSync(map);
  return log.includes('invalid access to map value pointer');
}
