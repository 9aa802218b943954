import { readFileSync } from 'node:fs';
import { errnoName, errnoText, SystemError } from '../sys/errno.js';
import { EPERM } from '../uapi/errno.js';
import { NlbpfError } from '../wire/error.js';
import { explainLog, type VerifierFinding } from './verifier-log.js';

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
    const advice = hint ?? (Math.abs(errno) === EPERM ? permissionHint() : undefined);
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

/** A program that the verifier refused. */
export class VerifierError extends BpfError {
  override readonly name = 'VerifierError';
  /** Everything the verifier said. */
  readonly log: string;
  /** What was wrong, in the verifier's words. */
  readonly reason: string;
  /** The instruction it was wrong with; undefined if the log names none. */
  readonly instruction: VerifierFinding['instruction'];
  /** The C source line of that instruction; undefined if the program has no line info. */
  readonly source: VerifierFinding['source'];
  /** How much the verifier had to look at, from the last line of the log. */
  readonly counters: VerifierFinding['counters'];

  constructor(errno: number, command: string, subject: string, log: string) {
    super(errno, command, subject);
    const { reason, instruction, source, counters } = explainLog(log);
    this.log = log;
    this.reason = reason;
    this.instruction = instruction;
    this.source = source;
    this.counters = counters;
    const at = instruction === undefined ? '' : `, at instruction ${instruction.index}: ${instruction.text}`;
    const line = source === undefined ? '' : `, at ${sourceText(source)}`;
    this.message = `${subject} is refused by the verifier: ${reason}${line}${at} (${this.code})`;
  }
}

function sourceText({ file, line, text }: NonNullable<VerifierFinding['source']>): string {
  return file === undefined ? `"${text}"` : `${file}:${line} "${text}"`;
}

const CAP_SYS_ADMIN = 21n;
const CAP_BPF = 39n;

/** EPERM has many causes; the one that can be seen from here is told apart from the others. */
function permissionHint(): string | undefined {
  const capabilities = effectiveCapabilities();
  if (capabilities === undefined) return undefined;
  const has = (bit: bigint): boolean => ((capabilities >> bit) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN))
    return 'the capabilities suffice: lockdown, a security module, or a user namespace forbids it';
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
