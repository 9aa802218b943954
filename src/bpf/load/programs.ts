import type { Fd } from '../../sys/fd.js';
import {
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  BPF_TRACE_UPROBE_MULTI,
} from '../../uapi/bpf.js';
import { PROG_BIND_MAP } from '../attr.js';
import { hasUprobeMultiLink } from '../features/uprobe-multi.js';
import { CALL, Instructions } from '../instruction.js';
import { ObjectError } from '../object-error.js';
import { BpfProgram } from '../program/program.js';
import type { ProgramTypeName } from '../program/types.js';
import type { Code, ObjectSpec, ProgramSpec } from '../spec.js';
import { attempt } from '../syscall.js';
import type { Token } from '../token.js';
import { POISONED_MAP } from '../verifier/poison.js';
import { arenaDataStart } from './arena.js';
import { type AttachTo, attachAttributes } from './attach.js';
import { calledModules, type ResolvedExterns } from './externs.js';
import type { FittedProgram } from './fit.js';
import { withJumpTables } from './jump-tables.js';
import { runningKernel } from './kernel-facts.js';
import type { TypeSource } from './kernel-types.js';
import { patchExterns } from './patch.js';
import { memberAttributes, type StructOps } from './struct-ops.js';

/** Types by function or by section: `{ l2_to_iptun: 'sched_cls' }`. */
export type ProgramTypes = Readonly<Record<string, ProgramTypeName | number>>;

/** What a program needs beside itself. */
interface Context {
  readonly object: ObjectSpec;
  readonly btf: Fd | undefined;
  readonly maps: ReadonlyMap<string, Fd>;
  readonly types: ProgramTypes;
  /** What programs attach to, by function or by section. */
  readonly attach: Readonly<Record<string, AttachTo>>;
  readonly kernel: TypeSource;
  readonly externs: ResolvedExterns;
  readonly structOps: StructOps;
  readonly token: Token | undefined;
}

/** Loads one program of an object. */
export function loadOne({ spec: program, code }: FittedProgram, context: Context): BpfProgram {
  const { object, btf, maps, types, attach, kernel, externs, token } = context;
  setMaps(code, object, maps);
  const modules = calledModules(object, externs);
  patchExterns(program, code, object.externs ?? [], externs, {
    fd: (module) => kernel.moduleFd(module).fd,
    index: (module) => 1 + modules.indexOf(module),
  });
  const options = {
    name: program.name,
    ...kindOf(program, types),
    ...attachAttributes(program, attach[program.name] ?? attach[program.section] ?? {}, kernel),
    ...implemented(program, context),
    license: object.license,
    token,
    instructions: code.instructions,
    kernVersion: object.version ?? runningKernel.version(),
    btf: code.funcInfo.length === 0 ? undefined : btf,
    funcInfo: code.funcInfo,
    lineInfo: code.lineInfo,
    // The first place is the kernel's own.
    fdArray: modules.length === 0 ? undefined : [0, ...modules.map((module) => kernel.moduleFd(module).fd)],
  };
  const loaded = withJumpTables(code, () => BpfProgram.load(options));
  bindConstants(loaded, code, object, maps);
  return loaded;
}

/**
 * Lets the program keep the constants of its object that it does not use, where tools look for `bpf_metadata_*` (5.10);
 * nothing is lost where it cannot.
 */
function bindConstants(program: BpfProgram, code: Code, { maps }: ObjectSpec, fds: ReadonlyMap<string, Fd>): void {
  const used = new Set(code.references.map(({ map }) => map));
  for (const { name } of maps) {
    const map = name.startsWith('.rodata') && !used.has(name) ? fds.get(name) : undefined;
    if (map !== undefined) attempt(PROG_BIND_MAP, { progFd: program.fd, mapFd: map.fd });
  }
}

/** Which member of a struct of functions it is, if that is what it is for. */
function implemented({ name, type }: ProgramSpec, { structOps, types, kernel }: Context) {
  const member = structOps.members.get(name);
  if (member === undefined && type === BPF_PROG_TYPE_STRUCT_OPS && !Object.hasOwn(types, name)) {
    throw new ObjectError('ERR_UNRESOLVED', `program ${name}`, 'no struct in section .struct_ops has it as a function');
  }
  return memberAttributes(member, kernel);
}

/** Refuses a program whose type nobody tells. Throws ObjectError. */
export function requireType({ name, section, type }: ProgramSpec, types: ProgramTypes): void {
  if (type !== undefined || Object.hasOwn(types, name) || Object.hasOwn(types, section)) return;
  const advice = `say it, as in programTypes: { ${name}: 'sched_cls' }`;
  throw new ObjectError('ERR_PROGRAM_TYPE', `program ${name}`, `section ${section} does not tell its type; ${advice}`);
}

function kindOf(program: ProgramSpec, types: ProgramTypes) {
  const { name, section, type, attachTypeOptional, flags } = program;
  const uprobes = program.attachesByUprobes === true && hasUprobeMultiLink();
  const expectedAttachType = uprobes ? BPF_TRACE_UPROBE_MULTI : program.expectedAttachType;
  // Attach type and flags that a section stands for belong to its own program type.
  for (const key of [name, section]) if (Object.hasOwn(types, key)) return { type: types[key]! };
  return { type: type!, expectedAttachType, attachTypeOptional, flags };
}

/**
 * Writes the descriptors of maps into the instructions that refer to them. Those that refer to a map that is not created
 * become calls of a helper that there is not, which the verifier refuses where they can be reached.
 */
function setMaps({ instructions, references }: Code, object: ObjectSpec, maps: ReadonlyMap<string, Fd>): void {
  const code = new Instructions(instructions);
  const specs = new Map(object.maps.map((spec) => [spec.name, spec] as const));
  for (const { instruction, map, offset } of references) {
    const fd = maps.get(map)?.fd;
    if (fd === undefined) {
      const imm = POISONED_MAP + object.maps.findIndex(({ name }) => name === map);
      for (const at of [instruction, instruction + 1]) code.set(at, { opcode: CALL, dst: 0, src: 0, offset: 0, imm });
      continue;
    }
    code.setSource(instruction, offset === undefined ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE);
    code.setImmediate(instruction, fd);
    code.setImmediate(instruction + 1, offset === undefined ? 0 : arenaDataStart(specs.get(map)!) + offset);
  }
}
