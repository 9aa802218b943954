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
  const given = types[program.name] ?? types[program.section];
  const type = given ?? program.type;
  if (type === undefined) {
    const reason = `section ${program.section} does not tell its type; say it, as in programTypes: { ${program.name}: 'sched_cls' }`;
    throw new ObjectError('ERR_PROGRAM_TYPE', `program ${program.name}`, reason);
  }
  const code = link(program);
  refuseUnresolved(program, code);
  setMaps(code, maps);
  return BpfProgram.load({
    name: program.name,
    type,
    license: object.license,
    instructions: code.instructions,
    flags: program.flags,
    // The section's attach type belongs to the section's program type.
    expectedAttachType: given === undefined ? program.expectedAttachType : undefined,
    kernVersion: object.version,
    btf: code.funcInfo.length === 0 ? undefined : btf,
    funcInfo: code.funcInfo,
    lineInfo: code.lineInfo,
  });
}

function refuseUnresolved(program: ProgramSpec, { externs, coreRelocations }: Code): void {
  const subject = `program ${program.name}`;
  const [extern] = externs;
  if (extern !== undefined) {
    const reason = `refers to ${extern.name}, which the object does not define; kernel symbols, kernel functions and .kconfig variables are not resolved`;
    throw new ObjectError('ERR_UNRESOLVED', subject, reason);
  }
  if (coreRelocations.length > 0) {
    const reason = `has ${coreRelocations.length} CO-RE relocations, which are not carried out; build it without preserve_access_index`;
    throw new ObjectError('ERR_UNRESOLVED', subject, reason);
  }
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
