import { BPF_PSEUDO_BTF_ID, BPF_PSEUDO_KFUNC_CALL } from '../../uapi/bpf.js';
import { CALL, Instructions } from '../instruction.js';
import { ObjectError } from '../object-error.js';
import type { Code, ExternSpec, ProgramSpec } from '../spec.js';
import { POISONED_KFUNC } from '../verifier/poison.js';
import type { ResolvedExterns } from './externs.js';

/** How the loader names the BTF of a module. */
export interface ModuleNumbers {
  /** By descriptor. */
  fd(module: string): number;
  /** By index in the program's fd_array; from 1 on. */
  index(module: string): number;
}

/**
 * Writes what the kernel has for externs into the instructions that name them.
 *
 *   call f            a function     call, source BPF_PSEUDO_KFUNC_CALL, type id; offset: index of the module in fd_array
 *   call f            missing        call of a helper that there is not: refused where it can be reached
 *   r1 = x ll         typed          source BPF_PSEUDO_BTF_ID, type id and descriptor of the module
 *   r1 = x ll         without type   the address
 *   r1 = x ll         missing        0
 */
export function patchExterns(
  { name: program }: ProgramSpec,
  { instructions, externs: uses }: Code,
  externs: readonly ExternSpec[],
  resolved: ResolvedExterns,
  modules: ModuleNumbers,
): void {
  const code = new Instructions(instructions);
  for (const { instruction, name } of uses) {
    const number = externs.findIndex((extern) => extern.name === name);
    if (number < 0) {
      const reason = `refers to ${name}, which the object does not define, nor its types describe`;
      throw new ObjectError('ERR_UNRESOLVED', `program ${program}`, reason);
    }
    const found = resolved.get(name);
    if (code.at(instruction).opcode === CALL) {
      const type = found !== undefined && 'id' in found ? found : undefined;
      const offset = type?.module === undefined ? 0 : modules.index(type.module);
      code.set(instruction, {
        opcode: CALL,
        dst: 0,
        src: type === undefined ? 0 : BPF_PSEUDO_KFUNC_CALL,
        offset,
        imm: type?.id ?? POISONED_KFUNC + number,
      });
    } else if (found !== undefined && 'id' in found) {
      code.setSource(instruction, BPF_PSEUDO_BTF_ID);
      code.setImmediate(instruction, found.id);
      code.setImmediate(instruction + 1, found.module === undefined ? 0 : modules.fd(found.module));
    } else {
      const address = found?.address ?? 0n;
      code.setImmediate(instruction, Number(BigInt.asIntN(32, address)));
      code.setImmediate(instruction + 1, Number(BigInt.asIntN(32, address >> 32n)));
    }
  }
}
