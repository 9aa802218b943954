import { BTF_INT_BOOL, BTF_INT_SIGNED } from '../../uapi/btf.js';
import { resolve } from '../btf/resolve.js';
import type { Btf } from '../btf/types.js';
import { ObjectError } from '../object-error.js';
import type { ExternSpec } from '../spec.js';

/** What a variable in section `.kconfig` can hold. */
export interface KconfigType {
  /** `text` is `char[N]`; `tristate` is `enum libbpf_tristate`; `char` holds y, m, n, or a number. */
  readonly kind: 'char' | 'bool' | 'integer' | 'tristate' | 'text';
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
}

/** What a type can hold of a configuration; undefined when that is nothing. */
export function kconfigType(btf: Btf, id: number): KconfigType | undefined {
  const { type } = resolve(btf, id);
  if (type.kind === 'enum' || type.kind === 'enum64') {
    return type.name === 'libbpf_tristate' ? { kind: 'tristate', size: type.size, signed: false } : undefined;
  }
  if (type.kind === 'array') {
    const item = resolve(btf, type.type).type;
    const isChar = item.kind === 'int' && item.size === 1 && (item.encoding & BTF_INT_BOOL) === 0;
    return isChar && type.length > 0 ? { kind: 'text', size: type.length, signed: false } : undefined;
  }
  if (type.kind !== 'int' || ![1, 2, 4, 8].includes(type.size)) return undefined;
  const { size, encoding } = type;
  if ((encoding & BTF_INT_BOOL) !== 0) return size === 1 ? { kind: 'bool', size, signed: false } : undefined;
  return { kind: size === 1 ? 'char' : 'integer', size, signed: (encoding & BTF_INT_SIGNED) !== 0 };
}

/** What the loader knows of the kernel; asked for when a variable needs it. */
export interface KernelFacts {
  /** KERNEL_VERSION(major, minor, patch). */
  version(): number;
  /** Whether programs can have a cookie for each place they are attached to (5.15). */
  hasBpfCookie(): boolean;
  /** Whether functions of system calls get their arguments in a struct pt_regs. */
  hasSyscallWrapper(): boolean;
  /** Lines `CONFIG_X=value` that the kernel was built with; undefined when it does not tell. */
  config(): string | undefined;
}

/** Variables that libbpf makes up, as numbers. */
const VIRTUAL: Readonly<Record<string, (facts: KernelFacts) => number>> = {
  LINUX_KERNEL_VERSION: (facts) => facts.version(),
  LINUX_HAS_BPF_COOKIE: (facts) => Number(facts.hasBpfCookie()),
  LINUX_HAS_SYSCALL_WRAPPER: (facts) => Number(facts.hasSyscallWrapper()),
};

/**
 * The content of map `.kconfig`. What the kernel was not built with is zero where the program can do without.
 *
 *   CONFIG_HZ=250            int CONFIG_HZ                          250
 *   CONFIG_IPV6=m            enum libbpf_tristate CONFIG_IPV6       TRI_MODULE (2)
 *   CONFIG_BPF=y             bool CONFIG_BPF                        true
 *   CONFIG_LSM="lockdown"    char CONFIG_LSM[20]                    the text, cut to 19 bytes
 *
 * @param given lines of the caller's, which count before the kernel's.
 * @throws ObjectError for a setting that is not there, or does not fit in its variable.
 */
export function kconfigContents(
  externs: readonly ExternSpec[],
  btf: Btf,
  size: number,
  facts: KernelFacts,
  given = '',
): Uint8Array {
  const contents = new Uint8Array(size);
  const view = new DataView(contents.buffer);
  let settings: ReadonlyMap<string, string> | undefined;
  for (const extern of externs) {
    if (extern.kind !== 'kconfig') continue;
    const fill = { extern, type: kconfigType(btf, extern.typeId)!, view };
    const virtual = Object.hasOwn(VIRTUAL, extern.name) ? VIRTUAL[extern.name] : undefined;
    if (virtual !== undefined) setNumber(fill, BigInt(virtual(facts)));
    else if (extern.name.startsWith('CONFIG_')) {
      settings ??= parseConfig(`${given}\n${facts.config() ?? ''}`);
      setSetting(fill, settings.get(extern.name));
    } else if (!extern.weak || !extern.name.startsWith('LINUX_')) {
      fail(extern, `there are CONFIG_*, ${Object.keys(VIRTUAL).join(', ')}`);
    }
  }
  return contents;
}

/** The first value of each setting. */
function parseConfig(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^(CONFIG_\w+)=(.+)$/gm)) {
    if (!settings.has(name!)) settings.set(name!, value!);
  }
  return settings;
}

/** A variable to be filled. */
interface Fill {
  readonly extern: ExternSpec;
  readonly type: KconfigType;
  /** Over the whole map. */
  readonly view: DataView;
}

function setSetting(fill: Fill, value: string | undefined): void {
  if (value === undefined) {
    if (!fill.extern.weak) fail(fill.extern, 'the kernel was not built with it, or does not tell; declare it __weak');
  } else if (/^[ymn]/.test(value)) setTristate(fill, value);
  else if (value.startsWith('"')) setText(fill, value);
  else if (/^[+-]?(0x[0-9a-f]+|\d+)$/i.test(value)) setNumber(fill, parseInteger(value));
  else fail(fill.extern, `cannot be ${value}`);
}

/** TRI_NO, TRI_YES, TRI_MODULE of enum libbpf_tristate. */
const TRISTATE = ['n', 'y', 'm'];

function setTristate({ extern, type: { kind, size }, view }: Fill, value: string): void {
  const at = extern.offset!;
  if (kind === 'char') view.setUint8(at, value.charCodeAt(0));
  else if (kind === 'bool' && value !== 'm') view.setUint8(at, value === 'y' ? 1 : 0);
  else if (kind === 'tristate' && size === 4) view.setUint32(at, TRISTATE.indexOf(value), true);
  else if (kind === 'tristate') view.setBigUint64(at, BigInt(TRISTATE.indexOf(value)), true);
  else fail(extern, `is ${value}, which a variable of kind ${kind} cannot hold`);
}

/** Cut where the variable ends, with a NUL behind. */
function setText({ extern, type: { kind, size }, view }: Fill, value: string): void {
  if (kind !== 'text') fail(extern, `is ${value}, which a variable of kind ${kind} cannot hold`);
  if (!value.endsWith('"') || value.length < 2) fail(extern, `is ${value}, without a closing quote`);
  const bytes = new Uint8Array(view.buffer, extern.offset!, size - 1);
  bytes.set(Buffer.from(value.slice(1, -1)).subarray(0, size - 1));
}

/** As C reads it: hexadecimal, octal, decimal. */
function parseInteger(text: string): bigint {
  const digits = text.replace(/^[+-]/, '');
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return text.startsWith('-') ? -value : value;
}

function setNumber({ extern, type: { kind, size, signed }, view }: Fill, value: bigint): void {
  if (kind === 'text' || kind === 'tristate') fail(extern, `is ${value}, which a variable of kind ${kind} cannot hold`);
  const bits = kind === 'bool' ? 1 : 8 * size;
  const fits = (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
  // Of 8 bytes any number is taken, with its sign or without.
  if (!fits && size < 8) fail(extern, `is ${value}, which does not fit in ${size} bytes`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  new Uint8Array(view.buffer, extern.offset!, size).set(bytes.subarray(0, size));
}

function fail({ name }: ExternSpec, reason: string): never {
  throw new ObjectError('ERR_UNRESOLVED', `extern ${name}`, reason);
}
