import { NlbpfError } from '../wire/error.js';

/** What the kernel said of a request, besides the error number: its extended acknowledgement. */
export interface KernelSaid {
  /** The kernel's own sentence. */
  readonly kernelMessage?: string;
  /** The attribute that it points at: `linkinfo.data.id`. */
  readonly attribute?: string;
  /** The value that was sent there. */
  readonly value?: unknown;
  /** The attribute that it misses: `linkinfo.kind`. */
  readonly missing?: string;
  /** What it would accept: `0 to 255`. */
  readonly policy?: string;
  /** The attributes that were sent, where the kernel says no more than that something is invalid: `mtu = 10`. */
  readonly sent?: string;
  /** Opaque bytes that some subsystems add. */
  readonly cookie?: Uint8Array;
}

/** A netlink request failed: the kernel refused it, or its answer did not come whole. */
export class NetlinkError extends NlbpfError implements KernelSaid {
  override readonly name = 'NetlinkError';
  /** An errno name such as `EEXIST`, or `ERR_NETLINK_...`. */
  override readonly code: string;
  /** Negative, as in Node's own errors; 0 where the kernel gave none. */
  readonly errno: number;
  /** What was attempted: `link add ve1`. */
  readonly operation: string;
  declare readonly kernelMessage?: string;
  declare readonly attribute?: string;
  declare readonly value?: unknown;
  declare readonly missing?: string;
  declare readonly policy?: string;
  declare readonly sent?: string;
  declare readonly cookie?: Uint8Array;
  /** What had been read before the answer broke off (ERR_NETLINK_DUMP_INTERRUPTED). */
  declare readonly data?: readonly unknown[];

  constructor(
    operation: string,
    problem: {
      readonly code: string;
      readonly errno?: number;
      readonly text: string;
      readonly data?: readonly unknown[];
    },
    said: KernelSaid = {},
  ) {
    super(`${operation}: ${sentence(problem.text, problem.code, said)}`);
    this.operation = operation;
    this.code = problem.code;
    this.errno = problem.errno ?? 0;
    Object.assign(this, said);
    if (problem.data !== undefined) {
      // Not among the facts that are printed: it may be a million routes.
      Object.defineProperty(this, 'data', { value: problem.data, enumerable: false });
    }
  }
}

/** The one reply that a request for one thing must bring. */
export function one<T>(reply: T | undefined, operation: string): T {
  if (reply !== undefined) return reply;
  throw new NetlinkError(operation, {
    code: 'ERR_NETLINK_NO_ANSWER',
    text: 'the kernel acknowledged, but sent nothing',
  });
}

function sentence(text: string, code: string, said: KernelSaid): string {
  const parts = [`${said.kernelMessage ?? text} (${code})`];
  if (said.attribute !== undefined) {
    const value = shown(said.value);
    parts.push(`at ${said.attribute}${value === undefined ? '' : ` = ${value}`}`);
  }
  if (said.policy !== undefined) parts.push(`accepted: ${said.policy}`);
  if (said.missing !== undefined) parts.push(`missing: ${said.missing}`);
  if (code === 'EPERM' && said.kernelMessage === undefined)
    parts.push('it needs CAP_NET_ADMIN in the network namespace');
  if (said.sent !== undefined) parts.push(`sent: ${said.sent}`);
  return parts.join('; ');
}

/** A value as an error names it; undefined for a whole set of attributes. */
export function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `'${value}'` : String(value);
  return undefined;
}
