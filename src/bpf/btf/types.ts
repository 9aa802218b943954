/** BTF as plain data: one interface per kind, ids are indexes. Source: include/uapi/linux/btf.h (v7.3). */
import type { StringTable } from '../string-table.js';

/** The types of a program, a module, or the kernel. */
export interface Btf {
  /** By type id. Entry 0 is `void`. */
  readonly types: readonly BtfType[];
  /** The string section, which func_info, line_info and CO-RE records point into as well. */
  readonly strings: StringTable;
}

/** As much of {@link Btf} as looking types up takes; they may as well be read one by one, on demand. */
export interface BtfTypes {
  readonly types: { readonly length: number; at(id: number): BtfType | undefined };
  /** Bytes of a pointer; default 8, those of BPF. */
  readonly pointerSize?: number;
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfArray
  | BtfPointer
  | BtfModifier
  | BtfComposite
  | BtfEnum
  | BtfEnum64
  | BtfForward
  | BtfFunction
  | BtfFunctionPrototype
  | BtfVariable
  | BtfDataSection
  | BtfFloat
  | BtfDeclTag;

/** One of the 19 kinds by name, or `void` for type id 0. */
export type BtfKind = BtfType['kind'];

export interface BtfVoid {
  readonly kind: 'void';
  readonly name: '';
}

export interface BtfInt {
  readonly kind: 'int';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** BTF_INT_SIGNED, BTF_INT_CHAR, BTF_INT_BOOL. */
  readonly encoding: number;
  /** Offset of the value in its storage; 0 from every compiler of today. */
  readonly bitOffset: number;
  readonly bits: number;
}

export interface BtfArray {
  readonly kind: 'array';
  readonly name: '';
  readonly type: number;
  readonly indexType: number;
  readonly length: number;
}

export interface BtfPointer {
  readonly kind: 'ptr';
  readonly name: '';
  readonly type: number;
}

/** A kind that stands for another type: typedefs, qualifiers, and tags on types. */
export interface BtfModifier {
  readonly kind: 'typedef' | 'volatile' | 'const' | 'restrict' | 'typeTag';
  /** Of a typedef or a tag; else empty. */
  readonly name: string;
  readonly type: number;
  /** Of a tag: it is an attribute rather than a btf_type_tag. */
  readonly kindFlag: boolean;
}

export interface BtfMember {
  /** Empty for an anonymous struct or union within. */
  readonly name: string;
  readonly type: number;
  /** From the start of the struct. */
  readonly bitOffset: number;
  /** 0: not a bit-field. */
  readonly bitSize: number;
}

export interface BtfComposite {
  readonly kind: 'struct' | 'union';
  /** Empty when anonymous. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
  /** Members are encoded with their bit-field sizes. */
  readonly kindFlag: boolean;
}

export interface BtfEnum {
  readonly kind: 'enum';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

export interface BtfEnum64 {
  readonly kind: 'enum64';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

export interface BtfForward {
  readonly kind: 'fwd';
  readonly name: string;
  /** Of a union rather than a struct. */
  readonly union: boolean;
}

export interface BtfFunction {
  readonly kind: 'func';
  readonly name: string;
  /** The prototype. */
  readonly type: number;
  /** BTF_FUNC_STATIC, BTF_FUNC_GLOBAL, BTF_FUNC_EXTERN. */
  readonly linkage: number;
}

export interface BtfFunctionPrototype {
  readonly kind: 'funcProto';
  readonly name: '';
  /** What it returns. */
  readonly type: number;
  /** A last one with neither name nor type stands for `...`. */
  readonly params: readonly { readonly name: string; readonly type: number }[];
}

export interface BtfVariable {
  readonly kind: 'var';
  readonly name: string;
  readonly type: number;
  /** BTF_VAR_STATIC, BTF_VAR_GLOBAL_ALLOCATED, BTF_VAR_GLOBAL_EXTERN. */
  readonly linkage: number;
}

export interface BtfDataSection {
  readonly kind: 'datasec';
  /** The ELF section's name: `.maps`, `.rodata`, `license`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly variables: readonly { readonly type: number; readonly offset: number; readonly size: number }[];
}

export interface BtfFloat {
  readonly kind: 'float';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export interface BtfDeclTag {
  readonly kind: 'declTag';
  /** The tag's text. */
  readonly name: string;
  /** What is tagged. */
  readonly type: number;
  /** Which member or parameter; -1 for the whole. */
  readonly component: number;
  /** It is an attribute rather than a btf_decl_tag. */
  readonly kindFlag: boolean;
}
