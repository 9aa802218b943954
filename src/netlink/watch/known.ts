import { settable } from '../request.js';
import type { WatchedObject } from './objects.js';

/** What happened to an object. */
export interface Event<T> {
  /** `present`: it was there when the watch began (asked for by `snapshot`). */
  readonly event: 'present' | 'add' | 'change' | 'delete';
  readonly value: T;
  /** What it was before a change. */
  readonly previous?: T;
}

/** JSON of bigint and bytes too; equal for equal values. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part));
}

/** The objects of one kind as they were last heard of. */
export class Known<T extends object> {
  readonly #object: WatchedObject<T>;
  readonly #values = new Map<string, T>();
  /** The identity of what was last put in a place. */
  readonly #places = new Map<string, string>();

  constructor(object: WatchedObject<T>) {
    this.#object = object;
  }

  /** The kernel said that it is there. */
  put(value: T, replaces: boolean): Event<T> {
    const previous = this.#values.get(this.#keyOf(value)) ?? (replaces ? this.#takeReplaced(value) : undefined);
    this.#set(value);
    return previous === undefined ? { event: 'add', value } : { event: 'change', value, previous };
  }

  /** The kernel said that it is gone; undefined when it was not known. */
  remove(value: T): Event<T> | undefined {
    return this.#values.delete(this.#keyOf(value)) ? { event: 'delete', value } : undefined;
  }

  /** Takes a whole list over, and answers what had been missed. Counters and the like do not count as changes. */
  *replaceAll(values: readonly T[]): Generator<Event<T>, void, undefined> {
    const before = new Map(this.#values);
    this.#values.clear();
    this.#places.clear();
    for (const value of values) {
      const key = this.#set(value);
      const previous = before.get(key);
      before.delete(key);
      if (previous === undefined) yield { event: 'add', value };
      else if (this.#settings(previous) !== this.#settings(value)) yield { event: 'change', value, previous };
    }
    for (const value of before.values()) yield { event: 'delete', value };
  }

  #settings(value: T): string {
    const entries = Object.entries(settable(value, this.#object.attributes)).filter(([name]) => name !== 'unknown');
    return textOf(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #keyOf(value: T): string {
    return textOf(this.#object.identity(value));
  }

  #set(value: T): string {
    const key = this.#keyOf(value);
    this.#values.set(key, value);
    const { place } = this.#object;
    if (place !== undefined) this.#places.set(textOf(place(value)), key);
    return key;
  }

  #takeReplaced(value: T): T | undefined {
    const { place } = this.#object;
    const key = place === undefined ? undefined : this.#places.get(textOf(place(value)));
    if (key === undefined) return undefined;
    const replaced = this.#values.get(key);
    this.#values.delete(key);
    return replaced;
  }
}
