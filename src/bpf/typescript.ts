import { BTF_INT_BOOL, BTF_INT_SIGNED } from '../uapi/btf.js';
import { resolve, typeError, typeOf } from './btf/resolve.js';
import type { Btf, BtfComposite, BtfDataSection, BtfEnum, BtfEnum64, BtfInt, BtfMember } from './btf/types.js';

/** Types of BTF as TypeScript: what `codecOf` makes of their values. */
export class TypeWriter {
  readonly btf: Btf | undefined;
  /** Interfaces and tables, each after those that it needs. */
  readonly declarations: string[] = [];
  readonly #names = new Map<number, string>();
  readonly #taken: Set<string>;

  /** `reserved` is a name that no declaration gets. */
  constructor(btf: Btf | undefined, reserved: string) {
    this.btf = btf;
    this.#taken = new Set([reserved, 'Uint8Array']);
  }

  /** The type of values of type `id`, of which `codecOf` has been able to make a codec. */
  type(id: number, indent = ''): string {
    const { id: target, type } = resolve(this.btf!, id);
    if (type.kind === 'var') return this.type(type.type, indent);
    if (type.kind === 'ptr') return 'bigint';
    if (type.kind === 'int') return integerText(type);
    if (type.kind === 'enum' || type.kind === 'enum64') return this.#enum(target, type);
    if (type.kind === 'float') return 'number';
    if (type.kind === 'array') return this.#array(type.type, indent);
    if (type.kind === 'struct' || type.kind === 'union') return this.#composite(id, target, type, indent);
    if (type.kind === 'datasec') return this.#section(type, indent);
    throw typeError(this.btf!, id, 'has no values');
  }

  arrayOf(item: string): string {
    return item.startsWith('readonly ') ? `readonly (${item})[]` : `readonly ${item}[]`;
  }

  #array(itemType: number, indent: string): string {
    const { type: item } = resolve(this.btf!, itemType);
    if (item.kind === 'int' && item.size === 1 && integerText(item) === 'number') {
      if (item.name === 'char') return 'string';
      if ((item.encoding & BTF_INT_SIGNED) === 0) return 'Uint8Array';
    }
    return this.arrayOf(this.type(itemType, indent));
  }

  /** Values are numbers; the names are in a table beside. */
  #enum(id: number, type: BtfEnum | BtfEnum64): string {
    if (type.name !== '' && !this.#names.has(id)) {
      const name = this.#name(id, type.name);
      const rows = type.values.map((row) => `  ${property(row.name)}: ${row.value}${type.size > 4 ? 'n' : ''},\n`);
      this.declarations.push(
        `/** enum ${commentText(type.name)} */\nexport const ${name} = {\n${rows.join('')}} as const;\n`,
      );
    }
    return type.size > 4 ? 'bigint' : 'number';
  }

  #composite(declared: number, id: number, type: BtfComposite, indent: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const inC = type.name === '' ? this.#typedef(declared) : `${type.kind} ${type.name}`;
    if (inC === '') return this.#object(this.#members(type, `${indent}  `), indent);
    const members = this.#members(type, '  ');
    const name = this.#name(id, type.name || inC);
    this.declarations.push(
      `/** ${commentText(inC)}, ${type.size} bytes */\nexport interface ${name} ${this.#object(members, '')}\n`,
    );
    return name;
  }

  /** The innermost name that an anonymous struct goes by. */
  #typedef(declared: number): string {
    let name = '';
    for (let type = typeOf(this.btf!, declared); 'type' in type && type.kind !== 'array'; ) {
      if (type.kind === 'typedef') name = type.name;
      type = typeOf(this.btf!, type.type);
    }
    return name;
  }

  /** Those of anonymous structs and unions count as the parent's. */
  #members(type: BtfComposite, indent: string): Map<string, string> {
    const members = new Map<string, string>();
    for (const member of type.members) {
      const { type: target } = resolve(this.btf!, member.type);
      const isInlined = member.name === '' && (target.kind === 'struct' || target.kind === 'union');
      if (isInlined) for (const [name, text] of this.#members(target, indent)) members.set(name, text);
      else if (member.name !== '') members.set(member.name, this.#member(member, indent));
    }
    return members;
  }

  #member({ type: id, bitSize }: BtfMember, indent: string): string {
    const { type } = resolve(this.btf!, id);
    const text = this.type(id, indent);
    return bitSize > 0 && 'size' in type && text !== 'boolean' ? (type.size > 4 ? 'bigint' : 'number') : text;
  }

  #section({ variables }: BtfDataSection, indent: string): string {
    const members = new Map(
      variables.map(({ type }) => [typeOf(this.btf!, type).name, this.type(type, `${indent}  `)] as const),
    );
    return this.#object(members, indent);
  }

  #object(members: ReadonlyMap<string, string>, indent: string): string {
    if (members.size === 0) return 'Record<never, never>';
    const lines = [...members].map(([name, text]) => `${indent}  readonly ${property(name)}: ${text};\n`);
    return `{\n${lines.join('')}${indent}}`;
  }

  #name(id: number, inC: string): string {
    const name = declaredName(inC);
    let free = name;
    for (let count = 2; this.#taken.has(free); count++) free = `${name}${count}`;
    this.#taken.add(free);
    this.#names.set(id, free);
    return free;
  }
}

function integerText({ size, encoding }: BtfInt): string {
  if (size === 1 && (encoding & BTF_INT_BOOL) !== 0) return 'boolean';
  return size > 4 ? 'bigint' : 'number';
}

/** `BpfTunnelKey` for `bpf_tunnel_key`. */
export function declaredName(inC: string): string {
  const words = inC.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(name) ? name : `_${name}`;
}

/** A name as a key of an object type. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** A string literal, whatever is in the text. */
export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Text that cannot end a comment. */
export function commentText(text: string): string {
  return text.replace(/[^\x20-\x7e]|\*\//g, '_');
}
