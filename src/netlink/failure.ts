import { errnoName, errnoText } from '../sys/errno.js';
import { EINVAL, ERANGE } from '../uapi/errno.js';
import { type KernelSaid, NetlinkError } from './error.js';
import { explain, sentBy } from './explain.js';
import type { ExtAck } from './ext-ack.js';
import type { Verdict } from './framing.js';
import type { Request } from './request.js';

/** What an error is about: a request, or several. */
interface Attempt {
  readonly operation: string;
}

/** The socket itself failed. */
export function socketFailure({ operation }: Attempt, errno: number): NetlinkError {
  return new NetlinkError(operation, { code: errnoName(errno), errno, text: errnoText(errno) });
}

/** The kernel refused a request. */
export function refusal(request: Request, { errno, ack }: Verdict): NetlinkError {
  const problem = { code: errnoName(errno), errno, text: errnoText(errno) };
  return new NetlinkError(request.operation, problem, said(request, errno, ack));
}

/** What is the matter with one of the values, and without an extended acknowledgement nobody knows which. */
const UNEXPLAINED: readonly number[] = [-EINVAL, -ERANGE];

function said(request: Request, errno: number, ack: ExtAck | undefined): KernelSaid {
  const explained = ack === undefined ? {} : explain(request, ack);
  return UNEXPLAINED.includes(errno) && Object.keys(explained).length === 0 ? sentBy(request) : explained;
}

export function unanswered({ operation }: Attempt): NetlinkError {
  return new NetlinkError(operation, { code: 'ERR_NETLINK_NO_ANSWER', text: 'the kernel gave no answer' });
}

export function truncated({ operation }: Attempt, length: number): NetlinkError {
  const text = `the answer of ${length} bytes did not fit the buffer`;
  return new NetlinkError(operation, { code: 'ERR_NETLINK_TRUNCATED', text });
}

/** Changes interrupted a dump: entries may be missing or doubled. With `data` when it was tried again and again. */
export function interrupted({ operation }: Attempt, data?: readonly unknown[]): NetlinkError {
  const code = 'ERR_NETLINK_DUMP_INTERRUPTED';
  if (data !== undefined) {
    return new NetlinkError(operation, { code, text: 'the dump was interrupted each time it was tried', data });
  }
  const text = 'the dump was interrupted by changes, entries may be missing or doubled';
  return new NetlinkError(operation, { code, text });
}
