import { NlbpfError } from '../wire/error.js';

/** Why an object cannot be used as it is. */
export type ObjectErrorCode =
  /** It has no map or program of that name. */
  | 'ERR_NO_SUCH_MEMBER'
  /** The section of a program does not tell its type, and neither does the caller. */
  | 'ERR_PROGRAM_TYPE'
  /** A program refers to what only the running kernel or another object has. */
  | 'ERR_UNRESOLVED';

/** A sound object file that asks for what cannot be had; the message says what and where. */
export class ObjectError extends NlbpfError {
  override readonly name = 'ObjectError';
  override readonly code: ObjectErrorCode;
  /** The map or program: `map tun_iface`. */
  readonly subject: string;

  constructor(code: ObjectErrorCode, subject: string, reason: string) {
    super(`${subject}: ${reason}`);
    this.code = code;
    this.subject = subject;
  }
}
