import { libc } from '../sys/libc.js';
import { keepReachable, Memory } from '../sys/memory.js';
import { raiseMemlock } from '../sys/rlimit.js';
import { withSignalsBlocked } from '../sys/signals.js';
import { syscallNumbers } from '../sys/syscall-numbers.js';
import { EAGAIN, EINTR, EPERM } from '../uapi/errno.js';
import { Reader } from '../wire/reader.js';
import type { Fields, StructInput, StructValue } from '../wire/struct.js';
import type { Command } from './attr.js';
import { BpfError } from './error.js';

/** Loading a program answers EAGAIN when a signal came; five tries, as libbpf, and one more without signals. */
const TRIES = 5;
const INTERRUPTED = new Set([-EAGAIN, -EINTR]);

let number: number | undefined;

/** bpf(2) itself: answers its result or a negative error number. The caller keeps all memory reachable. */
export function bpfRaw(command: number, attrAddress: number, attrSize: number): number {
  number ??= syscallNumbers().bpf;
  return libc().syscall(number, command, attrAddress, attrSize, 0, 0);
}

/** What a command answered, and its arguments as the kernel left them. */
export interface Outcome<F extends Fields> {
  /** Not negative, or a negative error number. */
  readonly result: number;
  readonly attr: StructValue<F>;
}

/**
 * Carries a command out. Memory among the arguments stays reachable; what a signal interrupted is tried again. A limit
 * on locked memory, which counted BPF before Linux 5.11 and answers EPERM, is raised if that is what it takes.
 */
export function attempt<F extends Fields>(command: Command<F>, args: StructInput<F>): Outcome<F> {
  const memory = Memory.allocate(command.attr.size);
  const call = (): number => {
    memory.bytes.fill(0);
    command.attr.write(memory.view, 0, args);
    return bpfRaw(command.number, memory.address, command.attr.size);
  };
  const result = keepReachable(args, () => withoutMemlock(() => withoutSignals(call)));
  return { result, attr: command.attr.decode(new Reader(memory.bytes), 0, command.attr.size) };
}

/** {@link attempt} that throws {@link BpfError}; `subject` is what it is about. */
export function bpf<F extends Fields>(command: Command<F>, args: StructInput<F>, subject?: string): Outcome<F> {
  const outcome = attempt(command, args);
  if (outcome.result < 0) throw new BpfError(outcome.result, command.name, subject);
  return outcome;
}

function withoutSignals(call: () => number): number {
  let result = call();
  for (let tries = 1; tries < TRIES && INTERRUPTED.has(result); tries++) result = call();
  return INTERRUPTED.has(result) ? withSignalsBlocked(call) : result;
}

/** The limit is put back if it was not what was in the way: then EPERM means a missing capability. */
function withoutMemlock(call: () => number): number {
  const result = call();
  if (result !== -EPERM) return result;
  const restore = tryRaiseMemlock();
  if (restore === undefined) return result;
  const second = call();
  if (second === -EPERM) restore();
  return second;
}

function tryRaiseMemlock(): (() => void) | undefined {
  try {
    return raiseMemlock();
  } catch {
    // Not permitted either: the first refusal is what the caller wants to hear of.
    return undefined;
  }
}
