import { closedOnError, type Fd } from '../../sys/fd.js';
import { Memory } from '../../sys/memory.js';
import { BPF_MAP_TYPE_INSN_ARRAY, BPF_PSEUDO_MAP_VALUE } from '../../uapi/bpf.js';
import { LITTLE_ENDIAN, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { MAP_FREEZE, MAP_UPDATE_ELEM } from '../attr.js';
import { Instructions } from '../instruction.js';
import { createMap } from '../map/create.js';
import type { Code, JumpTable } from '../spec.js';
import { bpf } from '../syscall.js';

/** As libbpf calls them (v1.7). */
const NAME = '.jumptables';

/** struct bpf_insn_array_value: include/uapi/linux/bpf.h (v7.3). */
const insnArrayValue = struct({ origOff: u32, xlatedOff: u32, jittedOff: u32, reserved: u32 });

/**
 * Carries `load` out with a map for each jump table of a program, which its instructions then refer to. The kernel keeps
 * the maps with the program.
 */
export function withJumpTables<T>({ instructions, jumpTables = [] }: Code, load: () => T): T {
  const code = new Instructions(instructions);
  const maps = new Map<number, Fd>();
  try {
    for (const table of jumpTables) {
      const map = maps.get(table.start) ?? createTable(table);
      maps.set(table.start, map);
      code.setSource(table.instruction, BPF_PSEUDO_MAP_VALUE);
      code.setImmediate(table.instruction, map.fd);
    }
    return load();
  } finally {
    for (const map of maps.values()) map.close();
  }
}

/** A map of the instructions that a table leads to, frozen as the verifier wants it. */
function createTable({ targets }: JumpTable): Fd {
  const subject = `map ${NAME}`;
  const { size: valueSize } = insnArrayValue;
  const shape = { type: BPF_MAP_TYPE_INSN_ARRAY, keySize: 4, valueSize, maxEntries: targets.length };
  return closedOnError(createMap({ name: NAME, ...shape }), (map) => {
    const [key, value] = [Memory.allocate(4), Memory.allocate(valueSize)];
    for (const [index, origOff] of targets.entries()) {
      key.view.setUint32(0, index, LITTLE_ENDIAN);
      insnArrayValue.write(value.view, 0, { origOff });
      bpf(MAP_UPDATE_ELEM, { mapFd: map.fd, key, value }, `${subject}, entry ${index}`);
    }
    bpf(MAP_FREEZE, { mapFd: map.fd }, subject);
    return map;
  });
}
