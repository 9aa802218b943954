/**
 * Every error this library throws on purpose. `code` is stable and meant for programs, `message` is one line meant for
 * people, and the facts behind it are fields of the subclasses.
 */
export abstract class NlbpfError extends Error {
  /** Stable: an errno name such as `EEXIST`, or `ERR_...` for what the kernel has no number for. */
  abstract readonly code: string;

  /** The error as plain data, with its facts; bigint values become decimal text. */
  toJSON(): Record<string, unknown> {
    const facts: Record<string, unknown> = { name: this.name, message: this.message };
    for (const [key, value] of Object.entries(this)) facts[key] = typeof value === 'bigint' ? value.toString() : value;
    if (this.cause !== undefined) facts['cause'] = this.cause instanceof Error ? this.cause.message : this.cause;
    return facts;
  }
}

/** `a.b`, `a[0]`. */
function joined(outer: string, inner: string): string {
  return inner === '' || inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}

/** Bytes that do not fit what they are said to be: a netlink message, an ELF object, BTF. */
export class DecodeError extends NlbpfError {
  override readonly name = 'DecodeError';
  override readonly code = 'ERR_DECODE';
  /** What does not fit. */
  readonly reason: string;
  /** Where in the input, in bytes. */
  readonly offset: number;
  /** The attribute or member that was being read, outermost first: `linkinfo.data.id`. Empty at the top. */
  path: string;

  constructor(reason: string, offset: number, path = '') {
    super('');
    this.reason = reason;
    this.offset = offset;
    this.path = path;
    this.message = this.#text();
  }

  /** Adds the name of the enclosing attribute; called while the error unwinds, never on the good path. */
  within(name: string): this {
    this.path = joined(name, this.path);
    this.message = this.#text();
    return this;
  }

  #text(): string {
    return `${this.path === '' ? '' : `${this.path}: `}${this.reason} (at byte ${this.offset})`;
  }
}

/** A value given by the caller that cannot be put on the wire: of the wrong type, out of range, or contradictory. */
export class EncodeError extends NlbpfError {
  override readonly name = 'EncodeError';
  override readonly code = 'ERR_INVALID_VALUE';
  /** What is wrong, and what would be right. */
  readonly reason: string;
  /** The field that holds the value, outermost first: `data.peer.mtu`. */
  path: string;
  /** What was attempted: `link add ve1`. Empty where that is not known. */
  operation = '';

  constructor(reason: string, path = '') {
    super('');
    this.reason = reason;
    this.path = path;
    this.message = this.#text();
  }

  /** Adds the name of the enclosing field; called while the error unwinds. */
  within(name: string): this {
    this.path = joined(name, this.path);
    this.message = this.#text();
    return this;
  }

  /** Says what was attempted with the value. */
  during(operation: string): this {
    this.operation = operation;
    this.message = this.#text();
    return this;
  }

  #text(): string {
    return [this.operation, this.path, this.reason].filter((part) => part !== '').join(': ');
  }
}
