import { Fd } from '../../sys/fd.js';
import { Memory } from '../../sys/memory.js';
import { BPF_F_TOKEN_FD } from '../../uapi/bpf.js';
import { E2BIG, EINVAL } from '../../uapi/errno.js';
import { EncodeError } from '../../wire/error.js';
import { LITTLE_ENDIAN, show, u32 } from '../../wire/integers.js';
import { type Fields, type StructCodec, type StructInput, struct } from '../../wire/struct.js';
import { PROG_LOAD } from '../attr.js';
import { BpfError, VerifierError } from '../error.js';
import { requireProgramType } from '../features/programs.js';
import { INSTRUCTION_SIZE } from '../instruction.js';
import { withLog } from '../log.js';
import { objectName } from '../map/create.js';
import type { FuncInfo, LineInfo } from '../spec.js';
import { attempt } from '../syscall.js';
import { PROGRAM_TYPES, type ProgramTypeName, programTypeName } from './types.js';

/** A program to be loaded. */
export interface ProgramOptions {
  /** The kernel keeps the first 15 bytes: letters, digits, `_` and `.`. */
  readonly name?: string | undefined;
  /** By name, `'sched_cls'`, or by number, BPF_PROG_TYPE_*. */
  readonly type: ProgramTypeName | number;
  /** `struct bpf_insn`, 8 bytes each, with the descriptors of maps filled in. */
  readonly instructions: Uint8Array;
  /** `GPL` for helpers that are for GPL programs only; default none. */
  readonly license?: string | undefined;
  /** BPF_* of enum bpf_attach_type, for types that want it. */
  readonly expectedAttachType?: number | undefined;
  /** Kernels that do not know expected attach types (before 4.17) take the program without. */
  readonly attachTypeOptional?: boolean | undefined;
  /** BPF_F_* of program load. */
  readonly flags?: number | undefined;
  /** What kernels before 5.0 want for kprobes. */
  readonly kernVersion?: number | undefined;
  /** The device that the program is offloaded to, or bound to. */
  readonly ifindex?: number | undefined;
  /** The types that the two tables below refer to, as a BTF descriptor. */
  readonly btf?: { readonly fd: number } | undefined;
  readonly funcInfo?: readonly FuncInfo[] | undefined;
  /** Lets the verifier, and so {@link VerifierError}, tell C source lines. */
  readonly lineInfo?: readonly LineInfo[] | undefined;
  /** The kernel's function that a tracing program attaches to, in the BTF of `attachTo` or of the kernel. */
  readonly attachBtfId?: number | undefined;
  /** The program that is extended or traced, or the BTF of a module. */
  readonly attachTo?: { readonly fd: number } | undefined;
  /** Descriptors that instructions refer to by index: BTF of modules, from 1 on; since 5.14. */
  readonly fdArray?: readonly number[] | undefined;
  /** What permits it, for a process without the capabilities; since 6.9. */
  readonly token?: { readonly fd: number } | undefined;
}

const bpfFuncInfo = struct({ insnOff: u32, typeId: u32 });
const bpfLineInfo = struct({ insnOff: u32, fileNameOff: u32, lineOff: u32, lineCol: u32 });

/**
 * BPF_PROG_LOAD. Throws VerifierError for a program that the verifier refuses, UnsupportedError for a type that the
 * kernel lacks, BpfError for any other refusal, EncodeError for a value that does not fit.
 *
 * The log costs the verifier time and is asked for only after a failure, at the size it needs.
 */
export function loadProgram(options: ProgramOptions): Fd {
  const subject = options.name ? `program ${options.name}` : 'program';
  let args = argumentsOf(options, subject);
  let { result } = attempt(PROG_LOAD, args);
  for (const older of result === -E2BIG ? olderForms(args, options.attachTypeOptional) : []) {
    result = attempt(PROG_LOAD, older).result;
    args = result === -E2BIG ? args : older;
    if (result !== -E2BIG) break;
  }
  if (result >= 0) return new Fd(result, `BPF ${subject}`);
  const second = withLog((logBuf, logSize) => {
    const { result, attr } = attempt(PROG_LOAD, { ...args, logLevel: 1, logSize, logBuf });
    return { result, trueSize: attr.logTrueSize };
  });
  // What was refused for want of memory may be taken the second time.
  if (second.result >= 0) return new Fd(second.result, `BPF ${subject}`);
  if (second.log !== '') throw new VerifierError(second.result, PROG_LOAD.name, subject, second.log);
  if (second.result === -EINVAL) requireProgramType(args.progType);
  throw new BpfError(second.result, PROG_LOAD.name, subject, second.result === -EINVAL ? kindOf(options) : undefined);
}

const DEBUG_INFO = {
  ...{ progBtfFd: 0, funcInfo: undefined, funcInfoCnt: 0, funcInfoRecSize: 0 },
  ...{ lineInfo: undefined, lineInfoCnt: 0, lineInfoRecSize: 0 },
};

/**
 * The arguments without what a kernel does not know that finds them too long (E2BIG), and programs can do without: types
 * and lines (5.0), the expected attach type (4.17) if that is optional, the name (4.15).
 */
export function* olderForms<T extends object>(args: T, attachTypeOptional = false): Generator<T> {
  let form = { ...args, ...DEBUG_INFO };
  yield form;
  if (attachTypeOptional) yield (form = { ...form, expectedAttachType: 0 });
  yield { ...form, progName: '' };
}

/** What the kernel refused before the verifier had a look. */
function kindOf({ type, expectedAttachType, flags = 0 }: ProgramOptions): string {
  const attach = expectedAttachType === undefined ? '' : `expectedAttachType ${expectedAttachType} and `;
  return `a program of type ${programTypeName(programTypeNumber(type))} cannot have ${attach}flags 0x${flags.toString(16)}`;
}

function argumentsOf(options: ProgramOptions, subject: string) {
  const { instructions, name = '', btf, token } = options;
  try {
    return {
      progType: programTypeNumber(options.type),
      insnCnt: instructionCount(instructions),
      insns: Memory.from(instructions),
      license: Memory.fromText(options.license ?? ''),
      kernVersion: options.kernVersion,
      progFlags: (options.flags ?? 0) | (token === undefined ? 0 : BPF_F_TOKEN_FD),
      progTokenFd: token?.fd,
      progName: objectName(name),
      progIfindex: options.ifindex,
      expectedAttachType: options.expectedAttachType,
      attachBtfId: options.attachBtfId,
      attachFd: options.attachTo?.fd,
      progBtfFd: btf?.fd,
      ...(options.fdArray === undefined ? {} : { fdArray: numbers(options.fdArray) }),
      ...(btf === undefined ? {} : debugInfo(options)),
    };
  } catch (error) {
    throw error instanceof EncodeError ? error.during(subject) : error;
  }
}

function debugInfo({ funcInfo = [], lineInfo = [] }: ProgramOptions) {
  const functions = funcInfo.map(({ instruction, typeId }) => ({ insnOff: instruction, typeId }));
  const lines = lineInfo.map(({ instruction, fileNameOff, lineOff, line, column }) => ({
    ...{ insnOff: instruction, fileNameOff, lineOff },
    // BPF_LINE_INFO_LINE_NUM and _COL of include/uapi/linux/bpf.h
    lineCol: line * 1024 + column,
  }));
  return {
    ...{ funcInfo: records(bpfFuncInfo, functions), funcInfoCnt: functions.length, funcInfoRecSize: bpfFuncInfo.size },
    ...{ lineInfo: records(bpfLineInfo, lines), lineInfoCnt: lines.length, lineInfoRecSize: bpfLineInfo.size },
  };
}

function records<F extends Fields>(codec: StructCodec<F>, values: readonly StructInput<F>[]): Memory {
  const memory = Memory.allocate(values.length * codec.size);
  for (const [index, value] of values.entries()) codec.write(memory.view, index * codec.size, value);
  return memory;
}

function numbers(values: readonly number[]): Memory {
  const memory = Memory.allocate(4 * values.length);
  for (const [index, value] of values.entries()) memory.view.setInt32(4 * index, value, LITTLE_ENDIAN);
  return memory;
}

function instructionCount({ length }: Uint8Array): number {
  if (length > 0 && length % INSTRUCTION_SIZE === 0) return length / INSTRUCTION_SIZE;
  throw new EncodeError(`must be a multiple of ${INSTRUCTION_SIZE} bytes and not empty, has ${length}`, 'instructions');
}

/** The number of a program type given either way. Throws EncodeError for a name there is not. */
export function programTypeNumber(type: ProgramTypeName | number): number {
  if (typeof type === 'number') return type;
  const number = (PROGRAM_TYPES as Readonly<Record<string, number>>)[type];
  if (number === undefined) {
    const known = Object.keys(PROGRAM_TYPES).join(', ');
    throw new EncodeError(`no such program type: ${show(type)}; there are ${known}`, 'type');
  }
  return number;
}
