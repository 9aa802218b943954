import { readFileSync } from 'node:fs';
import { errnoName, errnoText, SystemError } from '../sys/errno.js';
import { EPERM } from '../uapi/errno.js';
import { NlbpfError } from '../wire/error.js';
import { poisonIn } from './verifier/poison.js';
import { explainLog, type VerifierFinding, type VerifierSource } from './verifier-log.js';

/** A bpf(2) command that the kernel refused. */
export class BpfError extends SystemError {
  override readonly name: string = 'BpfError';
  /** The command: `BPF_MAP_CREATE`. */
  readonly command: string;

  /** `errno` may have either sign; `subject` is what it was about, `map tun_iface`; `hint` says what to do. */
  constructor(errno: number, command: string, subject?: string, hint?: string) {
    super(errno, 'bpf', subject);
    this.command = command;
    const what = subject === undefined ? command : `${command} ${subject}`;
    const advice = hint ?? (Math.abs(errno) === EPERM ? permissionHint(command, subject) : undefined);
    this.message = `${what}: ${errnoText(errno)} (${errnoName(errno)})${advice === undefined ? '' : `; ${advice}`}`;
  }
}

/** Something that this kernel does not have: found out by trying, never by its version. */
export class UnsupportedError extends NlbpfError {
  override readonly name = 'UnsupportedError';
  override readonly code = 'ERR_NOT_SUPPORTED';
  /** What is missing: `map type arena`. */
  readonly feature: string;

  constructor(feature: string, options?: ErrorOptions) {
    super(`this kernel does not support ${feature}`, options);
    this.feature = feature;
  }
}

/** What a probe answers; undefined if the kernel does not let it find out. */
export function unlessForbidden<T>(probe: () => T): T | undefined {
  try {
    return probe();
  } catch (error) {
    if (error instanceof BpfError && error.errno === -EPERM) return undefined;
    throw error;
  }
}

/** What an object file knows about a program, and the verifier does not say. */
export interface ProgramFacts {
  /** The C source of an instruction. */
  source?(instruction: number): VerifierSource | undefined;
  /** What an instruction that was poisoned stands for, because this kernel or the object lacks it. */
  missing?(instruction: number): string | undefined;
}

/**
 * A program that the verifier refused. The message has what a user needs in three lines, and advice in a fourth:
 *
 * ```
 * program called is refused by the verifier: invalid access to map value, value_size=24 off=36 size=4; ... (EACCES)
 *   at refused.c:126:9: return entry->slots[skb->len & 7];
 *   at instruction 19: r0 = *(u32 *)(r2 +8), with R2=map_value(ks=4,vs=24,umax=28,var_off=(0x0; 0x1c))
 *   advice: check the index, or mask it, so that every value of it lies within the value
 * ```
 */
export class VerifierError extends BpfError {
  override readonly name = 'VerifierError';
  /** Everything the verifier said. */
  readonly log: string;
  /** What was wrong: in the verifier's words, or what a poisoned instruction stands for. */
  readonly reason: string;
  /** The instruction it was wrong with; undefined if the log names none. */
  readonly instruction: VerifierFinding['instruction'];
  /** The C source line of that instruction; undefined if the program has no line info. */
  readonly source: VerifierFinding['source'];
  /** What registers (`R1`) and stack slots (`fp-8`) held before it, in the verifier's words. */
  readonly registers: VerifierFinding['registers'];
  /** How much the verifier had to look at: `insns`, `limit`, `total_states`, `peak_states` and so on. */
  readonly counters: VerifierFinding['counters'];
  /** What to do about it, for common complaints: the kernel's own advice since 7.3. */
  readonly suggestion: VerifierFinding['suggestion'];
  /** What the kernel says at length, since 7.3: in whole sentences, and what led there. */
  readonly report: VerifierFinding['report'];

  constructor(errno: number, command: string, subject: string, log: string, facts: ProgramFacts = {}) {
    super(errno, command, subject);
    const finding = explainLog(log);
    const { instruction } = finding;
    const missing = poisonIn(finding.reason, instruction && facts.missing?.(instruction.index));
    const known = instruction && facts.source?.(instruction.index);
    this.log = log;
    this.reason = missing ?? finding.reason;
    this.instruction = instruction;
    this.source = known === undefined ? finding.source : { ...finding.source, ...known };
    this.registers = finding.registers;
    this.counters = finding.counters;
    this.suggestion = missing === undefined ? finding.suggestion : undefined;
    this.report = missing === undefined ? finding.report : undefined;
    this.message = [`${subject} is refused by the verifier: ${this.reason} (${this.code})`, ...details(this)].join(
      '\n',
    );
  }

  /** The same error, told with what the object knows. */
  with(facts: ProgramFacts): VerifierError {
    return new VerifierError(this.errno, this.command, this.subject ?? 'program', this.log, facts);
  }
}

/** The lines after the first. */
function details({ source, instruction, registers, suggestion }: VerifierError): string[] {
  return [
    ...(source === undefined ? [] : [`  at ${placeText(source)}${source.text}`]),
    ...(instruction === undefined
      ? []
      : [`  at instruction ${instruction.index}${instructionText(instruction, registers)}`]),
    ...(suggestion === undefined ? [] : [`  advice: ${suggestion}`]),
  ];
}

function placeText({ file, line, column }: VerifierSource): string {
  return file === undefined ? '' : `${[file, line, column].filter((part) => part !== undefined).join(':')}: `;
}

/** With what the registers named in it hold; r0 and w0 are R0, in 64 and 32 bits. */
function instructionText({ text }: { text: string }, registers: VerifierFinding['registers']): string {
  if (text === '') return '';
  const names = new Set([...text.matchAll(/\b[rw](\d+)\b/g)].map((match) => `R${match[1]}`));
  const held = [...names].filter((name) => Object.hasOwn(registers, name)).map((name) => `${name}=${registers[name]}`);
  return `: ${text}${held.length === 0 ? '' : `, with ${held.join(' ')}`}`;
}

const CAP_SYS_ADMIN = 21n;
const CAP_BPF = 39n;

/** EPERM has many causes; the one that can be seen from here is told apart from the others. */
function permissionHint(command: string, subject = ''): string | undefined {
  // bpf_lookup (kernel/bpf/inode.c, v6.12)
  if (command.startsWith('BPF_OBJ_') && / \/.*\./.test(subject)) return 'bpffs takes no names with a dot';
  const capabilities = effectiveCapabilities();
  if (capabilities === undefined) return undefined;
  const has = (bit: bigint): boolean => ((capabilities >> bit) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN))
    return 'the capabilities suffice: lockdown, a security module, or a user namespace forbids it';
  // BPF_*_GET_FD_BY_ID and BPF_*_GET_NEXT_ID (kernel/bpf/syscall.c, v6.12)
  if (command.endsWith('_ID')) return 'it needs CAP_SYS_ADMIN';
  if (has(CAP_BPF)) return 'CAP_BPF is there; networking programs need CAP_NET_ADMIN too, tracing programs CAP_PERFMON';
  return 'it needs CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8';
}

function effectiveCapabilities(): bigint | undefined {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/thread-self/status', 'latin1'))?.[1];
    return effective === undefined ? undefined : BigInt(`0x${effective}`);
  } catch {
    return undefined; // without /proc there is no hint, but the error stays what it is
  }
}
