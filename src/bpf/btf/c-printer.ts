import { BUILT_IN, Declarations, MOST_DECLARATIONS } from './c-declaration.js';
import { Layouts } from './c-layout.js';
import { Names } from './c-names.js';
import { typesIn } from './parse.js';
import { DEEPEST, typeError, typeOf } from './resolve.js';
import type { Btf, BtfType } from './types.js';

/**
 * The types with numbers `ids` as C source, after all that they need; by default, all types, as
 * `bpftool btf dump file FILE format c` prints them. Of what is behind pointers only the name is declared.
 *
 * A compiler for BPF gives the printed structs the sizes and offsets that BTF tells: gaps are unnamed bit-fields, structs
 * are packed where they need it. Types of one name become `name`, `name___2` and so on. What C has no words for is left
 * out: declaration tags, and alignment that shows in no offset.
 *
 * @throws DecodeError when types contain themselves, or cannot be written in C.
 */
export function printC(btf: Btf, ids?: readonly number[]): string {
  const printer = new Printer(btf);
  for (const id of ids ?? namedTypes(btf)) printer.print(id);
  return printer.text;
}

/**
 * The same as a header file, to be included by BPF programs: its structs carry `preserve_access_index`, so that clang
 * records a CO-RE relocation for each access.
 */
export function printHeader(btf: Btf, guard = '__VMLINUX_H__'): string {
  const push = 'push (__attribute__((preserve_access_index)), apply_to = record)';
  const before = `#ifndef ${guard}\n#define ${guard}\n\n#pragma clang attribute ${push}\n\n`;
  return `${before}${printC(btf)}\n#pragma clang attribute pop\n\n#endif\n`;
}

/** What is worth printing for itself: an anonymous enum, for its values, if it stands in no other type. */
function namedTypes(btf: Btf): number[] {
  const used = new Set<number>();
  for (const type of btf.types)
    if (type.kind !== 'var' && type.kind !== 'datasec') for (const id of typesIn(type)) used.add(id);
  return [...btf.types.keys()].filter((id) => {
    const { kind, name } = btf.types[id]!;
    if (kind === 'enum' || kind === 'enum64') return name !== '' || !used.has(id);
    return name !== '' && (kind === 'struct' || kind === 'union' || kind === 'typedef' || kind === 'fwd');
  });
}

/**
 * Prints definitions, each after what it needs. A type is needed in one of two ways: complete, as a member's or an
 * item's type is, or by name only, as behind a pointer:
 *
 * ```
 * struct list { struct node *first; };          needs the name of node:   struct node;
 * struct node { struct list all; node_t *next; };     list complete, the name node_t:   typedef struct node node_t;
 * ```
 */
class Printer {
  readonly #btf: Btf;
  readonly #names: Names;
  readonly #declarations: Declarations;
  readonly #text: string[] = [];
  readonly #declared = new Set<string>();
  readonly #defined = new Set<number>();
  /** Typedefs whose target is complete, or about to be. */
  readonly #complete = new Set<number>();
  #steps = 0;
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#names = new Names(btf);
    this.#declarations = new Declarations(btf, this.#names, new Layouts(btf));
  }

  get text(): string {
    return this.#text.join('');
  }

  /** A type; a function or a variable, as a declaration; each variable of a section. */
  print(id: number): void {
    const type = typeOf(this.#btf, id);
    if (type.kind === 'datasec') for (const variable of type.variables) this.print(variable.type);
    else if (type.kind === 'func' || type.kind === 'var') {
      this.#need(type.type, type.kind === 'var');
      const text = this.#declarations.of(type.type, type.name);
      this.#text.push(`${type.kind === 'var' ? `extern ${text}` : text};\n`);
    } else {
      this.#need(id, true);
      if (type.name === '') this.#text.push(`${this.#declarations.of(id, '')};\n\n`);
    }
  }

  /** Prints what a declaration with type `id` needs. `owner`: the struct in whose body it will stand. */
  #need(id: number, complete: boolean, owner = 0): void {
    if (++this.#depth > 8 * DEEPEST) throw typeError(this.#btf, id, 'is too deep, or contains itself');
    if (++this.#steps > MOST_DECLARATIONS) throw typeError(this.#btf, id, 'needs too many declarations');
    const type = typeOf(this.#btf, id);
    if (type.kind === 'typedef') this.#typedef(id, type.type, complete);
    else if (type.kind === 'ptr') this.#need(type.type, false, owner);
    else if (type.kind === 'array') this.#need(type.type, true, owner);
    else if (type.kind === 'funcProto') for (const used of typesIn(type)) this.#need(used, false, owner);
    else if (isTagged(type) && type.name !== '') this.#tagged(id, type, complete, owner);
    else if (type.kind === 'struct' || type.kind === 'union') this.#members(type, owner);
    else if ('type' in type) this.#need(type.type, complete, owner);
    this.#depth--;
  }

  #members(type: BtfType, owner: number): void {
    for (const used of typesIn(type)) this.#need(used, true, owner);
  }

  #typedef(id: number, target: number, complete: boolean): void {
    if (complete && !this.#complete.has(id)) {
      this.#complete.add(id);
      this.#need(target, true);
    }
    if (this.#defined.has(id)) return;
    this.#defined.add(id);
    this.#need(target, false);
    if (BUILT_IN.has(this.#btf.types[id]!.name)) return;
    this.#text.push(`typedef ${this.#declarations.of(target, this.#names.typedef(id))};\n\n`);
  }

  #tagged(id: number, type: BtfType, complete: boolean, owner: number): void {
    // There is no naming an enum before it is defined, and it needs nothing.
    const isEnum = type.kind === 'enum' || type.kind === 'enum64';
    if (isEnum || (complete && type.kind !== 'fwd')) this.#define(id, type);
    else if (id !== owner) this.#forward(this.#names.tag(id));
  }

  #define(id: number, type: BtfType): void {
    if (this.#defined.has(id)) return;
    this.#defined.add(id);
    this.#members(type, id);
    const tag = this.#names.tag(id);
    this.#declared.add(tag);
    const isEmpty = (type.kind === 'enum' || type.kind === 'enum64') && type.values.length === 0;
    const body = isEmpty ? '' : ` ${this.#declarations.body(type as Parameters<Declarations['body']>[0])}`;
    this.#text.push(`${tag}${body};\n\n`);
  }

  #forward(tag: string): void {
    if (this.#declared.has(tag)) return;
    this.#declared.add(tag);
    this.#text.push(`${tag};\n\n`);
  }
}

function isTagged({ kind }: BtfType): boolean {
  return kind === 'struct' || kind === 'union' || kind === 'enum' || kind === 'enum64' || kind === 'fwd';
}
