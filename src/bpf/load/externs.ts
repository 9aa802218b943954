import { essentialName } from '../btf/essential-name.js';
import { resolve } from '../btf/resolve.js';
import type { Btf } from '../btf/types.js';
import { typesCompatible } from '../core/type.js';
import { ObjectError } from '../object-error.js';
import type { ExternSpec, ObjectSpec } from '../spec.js';
import { findAddresses, readKallsyms } from './kallsyms.js';
import type { KernelType, TypeSource } from './kernel-types.js';

/** What the kernel has for an extern: a type, or the address of a symbol that has none. */
export type Resolved = KernelType | { readonly address: bigint };

/** By name; without those that the kernel does not have and programs can do without. */
export type ResolvedExterns = ReadonlyMap<string, Resolved>;

/**
 * Finds kernel symbols, variables and functions.
 *
 * @throws ObjectError for what is not there and not weak, or is of another type.
 */
export function resolveExterns({ externs = [], btf }: ObjectSpec, kernel: TypeSource): ResolvedExterns {
  const untyped = externs.filter(({ kind }) => kind === 'address').map(({ name }) => name);
  const addresses = untyped.length === 0 ? new Map<string, bigint>() : findAddresses(readKallsyms(), untyped);
  const resolved = new Map<string, Resolved>();
  kernel.expect?.(externs.filter(({ kind }) => kind !== 'kconfig' && kind !== 'address').map(({ name }) => name));
  for (const extern of externs) {
    if (extern.kind === 'kconfig') continue;
    const address = addresses.get(extern.name);
    const found = extern.kind === 'address' ? address && { address } : findTyped(extern, btf!, kernel);
    if (found) resolved.set(extern.name, found);
    else if (!extern.weak) fail(extern, 'the kernel does not have it; declare it __weak if the program can do without');
  }
  return resolved;
}

/** A function may have flavours, as types have. */
function findTyped(extern: ExternSpec, btf: Btf, kernel: TypeSource): KernelType | undefined {
  const { kind, name, weak, typeId } = extern;
  const found = kind === 'function' ? kernel.find('func', essentialName(name)) : kernel.find('var', name);
  if (found === undefined) return undefined;
  const type = found.btf.types.at(found.id)!;
  if ('type' in type && typesCompatible(btf, resolve(btf, typeId).id, found.btf, resolve(found.btf, type.type).id)) {
    return found;
  }
  // A function that is called otherwise is not there; a variable of another type is not what was meant.
  if (weak && kind === 'function') return undefined;
  return fail(extern, `the kernel has it with another ${kind === 'function' ? 'prototype' : 'type'}`);
}

function fail({ name }: ExternSpec, reason: string): never {
  throw new ObjectError('ERR_UNRESOLVED', `extern ${name}`, reason);
}

/** The modules of what programs call, in the order in which libbpf numbers them in fd_array. */
export function calledModules({ externs = [] }: ObjectSpec, resolved: ResolvedExterns): string[] {
  const types = externs.filter(({ kind }) => kind === 'function').map(({ name }) => resolved.get(name));
  const modules = types.map((found) => (found !== undefined && 'id' in found ? found.module : undefined));
  return [...new Set(modules.filter((module) => module !== undefined))];
}
