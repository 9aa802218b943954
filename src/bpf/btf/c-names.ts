import { findType } from './resolve.js';
import type { Btf, BtfComposite, BtfEnum, BtfEnum64, BtfForward } from './types.js';

type Tagged = BtfComposite | BtfEnum | BtfEnum64 | BtfForward;

const KEYWORDS = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long register ' +
    'restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile while asm ' +
    '_Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local'
  ).split(' '),
);

/** A name that C takes: those of other languages have characters that it does not. */
export function identifier(name: string): string {
  const text = name.replace(/^(?=\d)|[^A-Za-z0-9_]/g, '_');
  return KEYWORDS.has(text) ? `${text}_` : text;
}

/** Names as they are printed. Types of one name, from different files, become `name`, `name___2`, `name___3`. */
export class Names {
  readonly #btf: Btf;
  /** How often each name is taken: tags of structs, unions and enums are apart from all others. */
  readonly #tags = new Map<string, number>();
  readonly #others = new Map<string, number>();
  readonly #byId = new Map<number, string>();
  readonly #forwards = new Map<string, string>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** `struct name`. */
  tag(id: number): string {
    return this.#once(id, () => {
      const type = this.#btf.types[id] as Tagged;
      return type.kind === 'fwd' ? this.#forward(type) : this.#tag(type.kind, type.name);
    });
  }

  /** Of a typedef. */
  typedef(id: number): string {
    return this.#once(id, () => this.other(this.#btf.types[id]!.name));
  }

  /** Another name that is not taken yet, such as an enumerator's. */
  other(name: string): string {
    return unique(this.#others, name);
  }

  #once(id: number, make: () => string): string {
    const name = this.#byId.get(id) ?? make();
    this.#byId.set(id, name);
    return name;
  }

  #tag(kind: Exclude<Tagged['kind'], 'fwd'>, name: string): string {
    return `${kind === 'enum64' ? 'enum' : kind} ${unique(this.#tags, name)}`;
  }

  /** A forward declaration has the name of what it declares, if that is here. */
  #forward({ name, union }: BtfForward): string {
    const kind = union ? 'union' : 'struct';
    const definition = findType(this.#btf, kind, name);
    if (definition !== 0) return this.tag(definition);
    const key = `${kind} ${name}`;
    const tag = this.#forwards.get(key) ?? this.#tag(kind, name);
    this.#forwards.set(key, tag);
    return tag;
  }
}

function unique(taken: Map<string, number>, name: string): string {
  const text = identifier(name);
  const count = (taken.get(text) ?? 0) + 1;
  taken.set(text, count);
  return count === 1 ? text : `${text}___${count}`;
}
