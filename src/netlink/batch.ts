import { NlbpfError } from '../wire/error.js';
import type { Connection, Refusal } from './connection.js';
import { Parcel } from './parcel.js';
import type { Request } from './request.js';

/**
 * How many requests go to the kernel at once. Were all of them refused, their answers still fit a receive buffer of
 * the default size, 212992 bytes, of which each takes 768 to 1280.
 */
const MOST_REQUESTS = 128;
/** A datagram must fit the send buffer, of the same default size. */
const MOST_BYTES = 64 * 1024;

/** One change of a batch that failed. */
export interface BatchFailure {
  /** Which of the batch's changes it was, from 0. */
  readonly index: number;
  /** As the operation alone would have thrown. */
  readonly error: Error;
}

/** Some changes of a batch failed; the others were carried out. */
export class BatchError extends NlbpfError {
  override readonly name = 'BatchError';
  override readonly code = 'ERR_NETLINK_BATCH';
  /** In the order of the batch. */
  declare readonly failures: readonly BatchFailure[];
  /** How many changes the batch had. */
  readonly total: number;

  constructor(failures: readonly BatchFailure[], total: number) {
    const { error } = failures[0]!;
    super(`${failures.length} of ${total} changes failed; the first: ${error.message}`, { cause: error });
    this.total = total;
    // Not among the facts that are printed: there may be thousands.
    Object.defineProperty(this, 'failures', { value: failures, enumerable: false });
  }
}

/** Carries requests out as a connection does, but gathers those that want no reply and sends many at once. */
export class Batch {
  readonly #connection: Connection;
  readonly #parcel = new Parcel();
  readonly #failures: BatchFailure[] = [];
  /** Changes in parcels that were delivered. */
  #delivered = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** A change is taken to succeed; {@link finish} tells. What is asked for is answered, after all changes before it. */
  exchange<T>(request: Request<T>): readonly T[] {
    if (request.reply !== undefined) {
      this.flush();
      return this.#connection.exchange(request);
    }
    this.#connection.pack(this.#parcel, request);
    if (this.#parcel.size >= MOST_REQUESTS || this.#parcel.length >= MOST_BYTES) this.flush();
    return [];
  }

  /** Carries out what was gathered. */
  flush(): void {
    const { size } = this.#parcel;
    if (size === 0) return;
    try {
      for (const refusal of this.#connection.deliver(this.#parcel)) this.#failures.push(this.#failure(refusal));
    } finally {
      this.#delivered += size;
      this.#parcel.clear();
    }
  }

  /** Carries out the rest, and throws BatchError if anything failed. */
  finish(): void {
    this.flush();
    if (this.#failures.length > 0) throw new BatchError(this.#failures, this.#delivered);
  }

  /** After `error` broke the batch off: carries out the rest, and throws it, with what failed before. */
  breakOff(error: unknown): never {
    this.flush();
    if (this.#failures.length === 0 || !(error instanceof Error)) throw error;
    throw new BatchError([...this.#failures, { index: this.#delivered, error }], this.#delivered + 1);
  }

  #failure({ place, error }: Refusal): BatchFailure {
    return { index: this.#delivered + place, error };
  }
}
