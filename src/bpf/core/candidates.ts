import { essentialName } from '../btf/essential-name.js';
import type { LazyBtf } from '../btf/lazy.js';
import type { BtfKind, BtfType } from '../btf/types.js';

/** A type that one of the program's may stand for. */
export interface Candidate {
  readonly btf: LazyBtf;
  readonly id: number;
}

/** Where candidates are looked for. */
export interface CoreTargets {
  /** The kernel's types, or those of a file. */
  first(): LazyBtf;
  /** Of the kernel's modules; asked for where `first` has no candidate. */
  others(): readonly LazyBtf[];
}

/**
 * The types that `local`, a type of the program, may stand for: of the same kind, and of the same name but for flavours.
 * The kernel may well have several, since different source files may define different structs of one name.
 *
 *   program: struct sk_buff___old      kernel: [873] struct sk_buff, [900] typedef sk_buff     candidates: 873
 */
export function findCandidates(local: BtfType, targets: CoreTargets): readonly Candidate[] {
  const essential = essentialName(local.name);
  const inKernel = candidatesIn(targets.first(), local.kind, essential);
  return inKernel.length > 0 ? inKernel : targets.others().flatMap((btf) => candidatesIn(btf, local.kind, essential));
}

function candidatesIn(btf: LazyBtf, kind: BtfKind, essential: string): Candidate[] {
  const ids = btf.named(essential).filter((id) => sameKind(kind, btf.types.at(id)!.kind));
  return ids.map((id) => ({ btf, id }));
}

/** Enums of 32 and 64 bits are of one kind. */
export function sameKind(a: BtfKind, b: BtfKind): boolean {
  return a === b || (isEnum(a) && isEnum(b));
}

const isEnum = (kind: BtfKind): boolean => kind === 'enum' || kind === 'enum64';
