import { Fd } from '../../sys/fd.js';
import {
  BPF_PROG_TYPE_EXT,
  BPF_TRACE_FENTRY_MULTI,
  BPF_TRACE_FEXIT_MULTI,
  BPF_TRACE_FSESSION_MULTI,
} from '../../uapi/bpf.js';
import { BTF_GET_FD_BY_ID } from '../attr.js';
import { LazyBtf } from '../btf/lazy.js';
import { bpfProgInfo, objectInfo } from '../info.js';
import { attachTargetType } from '../object/attach-target.js';
import { ObjectError } from '../object-error.js';
import type { ProgramOptions } from '../program/load.js';
import type { ProgramSpec } from '../spec.js';
import { bpf } from '../syscall.js';
import { readBtf, type TypeSource } from './kernel-types.js';

/** What a program is for, where its section does not say, or something else is meant. */
export interface AttachTo {
  /** A function, tracepoint, LSM hook or iterator; `module:function` for one of a module. Default: what the section says. */
  readonly target?: string | undefined;
  /** The loaded program that `target` is a function of: to be replaced (freplace), or traced. */
  readonly program?: { readonly fd: number } | undefined;
}

/** The attributes of BPF_PROG_LOAD that say what a program attaches to; empty for one that finds out later. */
export function attachAttributes(
  program: ProgramSpec,
  { target = program.attachTarget, program: other }: AttachTo,
  kernel: TypeSource,
): Pick<ProgramOptions, 'attachBtfId' | 'attachTo'> {
  if (MULTI.has(program.expectedAttachType)) return ofModule(target, kernel);
  if (!program.attachesByBtf) return {};
  if (target === undefined)
    fail(program, `section ${program.section} does not say what it attaches to; say it in attach`);
  if (other !== undefined) return { attachBtfId: functionOf(program, other, target), attachTo: other };
  if (program.type === BPF_PROG_TYPE_EXT) {
    fail(program, `replaces ${target} of another program; say which, as in attach: { ${program.name}: { program } }`);
  }
  const { kind, name, module } = attachTargetType(target, program.expectedAttachType);
  const found = kernel.find(kind, name, module);
  if (found === undefined) fail(program, `attaches to ${target}, which the kernel does not have (${kind} ${name})`);
  return { attachBtfId: found.id, ...(found.module === undefined ? {} : { attachTo: kernel.moduleFd(found.module) }) };
}

/** Attach types of programs for many functions, which the link names (7.1). */
const MULTI = new Set<number | undefined>([BPF_TRACE_FENTRY_MULTI, BPF_TRACE_FEXIT_MULTI, BPF_TRACE_FSESSION_MULTI]);

/** The types that the functions are of, for `module:pattern`; those of the kernel otherwise. */
function ofModule(target: string | undefined, kernel: TypeSource): Pick<ProgramOptions, 'attachTo'> {
  const [module, pattern] = target?.split(':') ?? [];
  return module === undefined || pattern === undefined ? {} : { attachTo: kernel.moduleFd(module) };
}

/** What {@link attachAttributes} will ask `kernel` for. */
export function attachNames(programs: readonly ProgramSpec[], attach: Readonly<Record<string, AttachTo>>): string[] {
  return programs.flatMap((program) => {
    const { target = program.attachTarget, program: other } = attach[program.name] ?? attach[program.section] ?? {};
    if (!program.attachesByBtf || target === undefined || other !== undefined) return [];
    return [attachTargetType(target, program.expectedAttachType).name];
  });
}

/** The number of a function in the types of a loaded program. */
function functionOf(program: ProgramSpec, { fd }: { readonly fd: number }, name: string): number {
  const info = objectInfo(fd, bpfProgInfo, `program ${program.name}`);
  if (info.btfId === 0) fail(program, `attaches to program ${info.name}, which was loaded without types`);
  const { result } = bpf(BTF_GET_FD_BY_ID, { id: info.btfId }, `BTF of program ${info.name}`);
  const btf = new Fd(result, `BTF of program ${info.name}`);
  try {
    const id = new LazyBtf(readBtf(btf)).find('func', name);
    return id === 0 ? fail(program, `attaches to ${name}, which program ${info.name} does not have`) : id;
  } finally {
    btf.close();
  }
}

function fail({ name }: ProgramSpec, reason: string): never {
  throw new ObjectError('ERR_UNRESOLVED', `program ${name}`, reason);
}
