import type { Fd } from '../../sys/fd.js';
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE } from '../../uapi/bpf.js';
import { Instructions } from '../instruction.js';
import { link } from '../object/link.js';
import { ObjectError } from '../object-error.js';
import { BpfProgram } from '../program/program.js';
import type { ProgramTypeName } from '../program/types.js';
import type { Code, ObjectSpec, ProgramSpec } from '../spec.js';

/** Types by function or by section: `{ l2_to_iptun: 'sched_cls' }`. */
export type ProgramTypes = Readonly<Record<string, ProgramTypeName | number>>;

/** What a program needs beside itself. */
interface Context {
  readonly object: ObjectSpec;
  readonly btf: Fd | undefined;
  readonly maps: ReadonlyMap<string, Fd>;
  readonly types: ProgramTypes;
}

/** Loads one program of an object, with all that it calls. */
export function loadOne(program: ProgramSpec, { object, btf, maps, types }: Context): BpfProgram {
  const code = link(program);
  refuseUnresolved(program, code);
  setMaps(code, maps);
  return BpfProgram.load({
    name: program.name,
    ...kindOf(program, types),
    license: object.license,
    instructions: code.instructions,
    kernVersion: object.version,
    btf: code.funcInfo.length === 0 ? undefined : btf,
    funcInfo: code.funcInfo,
    lineInfo: code.lineInfo,
  });
}

function kindOf({ name, section, type, expectedAttachType, flags }: ProgramSpec, types: ProgramTypes) {
  // Attach type and flags that a section stands for belong to its own program type.
  for (const key of [name, section]) if (Object.hasOwn(types, key)) return { type: types[key]! };
  if (type !== undefined) return { type, expectedAttachType, flags };
  const advice = `say it, as in programTypes: { ${name}: 'sched_cls' }`;
  throw new ObjectError('ERR_PROGRAM_TYPE', `program ${name}`, `section ${section} does not tell its type; ${advice}`);
}

function refuseUnresolved({ name }: ProgramSpec, { externs, coreRelocations }: Code): void {
  const fail = (reason: string): never => {
    throw new ObjectError('ERR_UNRESOLVED', `program ${name}`, reason);
  };
  const [extern] = externs;
  if (extern !== undefined) {
    const known = 'kernel functions, kernel symbols and .kconfig variables are not resolved';
    fail(`refers to ${extern.name}, which the object does not define; ${known}`);
  }
  const count = coreRelocations.length;
  if (count > 0) fail(`has ${count} CO-RE relocations, which are not carried out; build it without them`);
}

/** Writes the descriptors of maps into the instructions that refer to them. */
function setMaps({ instructions, references }: Code, maps: ReadonlyMap<string, Fd>): void {
  const code = new Instructions(instructions);
  for (const { instruction, map, offset } of references) {
    code.setSource(instruction, offset === undefined ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE);
    code.setImmediate(instruction, maps.get(map)!.fd);
    code.setImmediate(instruction + 1, offset ?? 0);
  }
}
