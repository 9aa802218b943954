import type { Codec } from '../wire/codec.js';
import type { Reader } from '../wire/reader.js';
import type { NamedRow } from './attributes.js';
import type { AttributesCodec, Table } from './types.js';

/** One request to the kernel, as data: what to send, and how to read what comes back. */
export interface Request<T = unknown> {
  /** What is attempted, for error messages: `link add ve1`. */
  readonly operation: string;
  /** RTM_*. */
  readonly type: number;
  /** NLM_F_* besides NLM_F_REQUEST and NLM_F_ACK, which are added. */
  readonly flags: number;
  // biome-ignore lint/suspicious/noExplicitAny: the message's own codec, whatever it encodes.
  readonly codec: Codec<any, any>;
  readonly message: object;
  /** How each reply is read; without it the kernel only acknowledges. */
  readonly reply?: { decode(reader: Reader, start: number, end: number): T };
  /** Which replies count, where the kernel's own filter is not enough. */
  keep?(reply: T): boolean;
}

/**
 * What is to be done, without saying when: a generator that yields requests, is given their replies, and returns the
 * result. A connection carries it out at once or from a thread of the pool; see {@link Sync} and {@link Async}.
 */
export type Operation<T> = Generator<Request, T, readonly unknown[]>;

type Rows = Pick<AttributesCodec<Table>, 'rows'>;

/**
 * A copy without members of some names, to which others can be added. It is made member by member: to copies by spread
 * V8 gives a new shape each time that they grow, and to read members of ever new shapes is slow.
 */
export function without(values: object, ...names: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(values)) if (!names.includes(name)) put(copy, name, values[name as keyof object]);
  return copy;
}

/** As spread does: assigned, `__proto__` would be no member, and not be refused. */
function put(copy: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(copy, name, { value, enumerable: true });
  else copy[name] = value;
}

/**
 * What was read, less what the kernel only reports: attributes whose rows are marked so, in the sets within as well.
 * Where there is nothing to leave out, `values` itself.
 */
export function settable<T extends object>(values: T, set: Rows): T {
  const concerns = concerned(set);
  for (const name in values) if (concerns.has(name)) return selected(values, concerns) as T;
  return values;
}

function selected(values: object, concerns: ReadonlyMap<string, NamedRow['codec']>): object {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const codec = concerns.get(name);
    if (codec?.reported) continue;
    const within = (codec?.selection === undefined ? codec : codec.selection.select(values)) as
      | Partial<Rows>
      | undefined;
    if (within?.rows === undefined || typeof value !== 'object' || value === null) put(kept, name, value);
    else {
      const inner = settable(value, within as Rows);
      if (Object.keys(inner).length > 0) kept[name] = inner;
    }
  }
  return kept;
}

const concernedOf = new WeakMap<Rows['rows'], ReadonlyMap<string, NamedRow['codec']>>();

/** The rows that may have something to leave out, found once for each set. */
function concerned(set: Rows): ReadonlyMap<string, NamedRow['codec']> {
  let rows = concernedOf.get(set.rows);
  if (rows === undefined) {
    const may = flat(set).filter(({ codec }) => codec.reported || codec.selection !== undefined || 'rows' in codec);
    rows = new Map(may.map(({ name, codec }) => [name, codec]));
    concernedOf.set(set.rows, rows);
  }
  return rows;
}

/** The rows whose values stand side by side: those of inlined sets in the place of the set. */
function flat({ rows }: Rows): Rows['rows'] {
  return rows.flatMap((row) => (row.codec.inline === undefined ? [row] : flat(row.codec as unknown as Rows)));
}

/** One request; its replies. A request without replies is just yielded. */
export function* exchange<T>(request: Request<T>): Operation<readonly T[]> {
  return (yield request) as readonly T[];
}

/**
 * What is to be read piece by piece instead of collected: a dump of any length. It is made of the operation that finds
 * out what to ask for, since a filter may name a device.
 */
export class Stream<T> {
  readonly request: Operation<Request<T>>;
  constructor(request: Operation<Request<T>>) {
    this.request = request;
  }
}

/**
 * Operations by name, and streams. A parameter with a default value would not count in `Function#length`, by which the
 * promise forms tell their options from the operation's own arguments: use `?` instead.
 */
// biome-ignore lint/suspicious/noExplicitAny: any operations; the mapped types below infer each.
export type Operations = Readonly<Record<string, (...args: any[]) => Operation<any> | Stream<any>>>;

/** The operations as functions that answer when the kernel has, a stream as a generator. */
export type Sync<O extends Operations> = {
  readonly [K in keyof O]: O[K] extends (...args: infer A) => infer R
    ? (
        ...args: A
      ) => R extends Stream<infer T> ? Generator<T, void, undefined> : R extends Operation<infer V> ? V : never
    : never;
};

/** How a promise form is carried out. */
export interface AsyncOptions {
  /** Rejects with its reason when aborted; the kernel may still carry out what it has begun. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The operations as functions that answer with a promise, a stream as an async generator; the last argument may be
 * {@link AsyncOptions}.
 */
export type Async<O extends Operations> = {
  readonly [K in keyof O]: O[K] extends (...args: infer A) => infer R
    ? (
        ...args: [...A, options?: AsyncOptions]
      ) => R extends Stream<infer T>
        ? AsyncGenerator<T, void, undefined>
        : R extends Operation<infer V>
          ? Promise<V>
          : never
    : never;
};
