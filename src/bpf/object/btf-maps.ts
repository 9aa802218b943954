import { BPF_F_NUMA_NODE } from '../../uapi/bpf.js';
import { DecodeError } from '../../wire/error.js';
import { resolve, sizeOf } from '../btf/resolve.js';
import type { Btf, BtfMember } from '../btf/types.js';
import type { ElfFile } from '../elf.js';
import type { MapSpec, Pinning } from '../spec.js';
import type { PlacedMap } from './maps.js';

/** What a definition says so far. */
interface Draft {
  readonly btf: Btf;
  readonly name: string;
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
  extra: bigint;
  numaNode?: number;
  pinning: Pinning;
  btfKeyTypeId: number;
  btfValueTypeId: number;
  inner?: MapSpec;
}

/**
 * The maps in section `.maps`: variables of a struct type whose members tell everything, by their types alone.
 *
 *   __uint(type, BPF_MAP_TYPE_HASH)     int (*type)[1]          a number is the length of an array pointed at
 *   __ulong(map_extra, 1)               enum { x = 1 } map_extra
 *   __type(key, __u32)                  __u32 *key              a type is the one pointed at
 *   __array(values, struct inner)       struct inner *values[]  what an inner map looks like
 *
 * Source: tools/lib/bpf/bpf_helpers.h, parse_btf_map_def in libbpf.c (v6.12).
 */
export function findBtfMaps(elf: ElfFile, btf: Btf | undefined): PlacedMap[] {
  const section = elf.sections.find(({ name }) => name === '.maps');
  if (section === undefined) return [];
  const datasec = btf?.types.find((type) => type.kind === 'datasec' && type.name === '.maps');
  if (btf === undefined || datasec?.kind !== 'datasec') {
    throw new DecodeError('maps in section .maps need BTF; compile with -g', section.offset);
  }
  return datasec.variables.map((variable) => {
    const target = btf.types[variable.type];
    if (target?.kind !== 'var') throw new DecodeError(`type ${variable.type} is no variable`, section.offset, '.maps');
    const end = variable.offset + variable.size;
    if (end > section.size)
      throw new DecodeError('lies outside of section .maps', section.offset, `map ${target.name}`);
    const values = valuesOffset(btf, target.type);
    return {
      spec: readDefinition(btf, target.name, target.type),
      section: section.index,
      offset: variable.offset,
      ...(values === undefined ? {} : { slots: { start: variable.offset + values, end } }),
    };
  });
}

/** Where the array of __array(values, ...) begins; its items, one pointer each, are the end of the definition. */
function valuesOffset(btf: Btf, id: number): number | undefined {
  const { type } = resolve(btf, id);
  const values = type.kind === 'struct' ? type.members.at(-1) : undefined;
  return values?.name === 'values' ? values.bitOffset / 8 : undefined;
}

function readDefinition(btf: Btf, name: string, id: number, isInner = false): MapSpec {
  const draft: Draft = {
    btf,
    name,
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    extra: 0n,
    pinning: 'none',
    btfKeyTypeId: 0,
    btfValueTypeId: 0,
  };
  const { type } = resolve(btf, id);
  if (type.kind !== 'struct') throw mapError(draft, `is a ${type.kind}, not a struct`);
  if (type.members.length > Object.keys(MEMBERS).length) throw mapError(draft, 'has members twice, or unknown ones');
  for (const member of type.members) {
    const read = MEMBERS[member.name];
    if (read === undefined || !Object.hasOwn(MEMBERS, member.name))
      throw mapError(draft, `unknown member ${member.name}`);
    if (isInner && (member.name === 'pinning' || member.name === 'values')) {
      throw mapError(draft, `an inner map cannot have ${member.name}`);
    }
    read(draft, member);
  }
  if (draft.type === 0) throw mapError(draft, 'has no type; add __uint(type, BPF_MAP_TYPE_...)');
  // Without the flag it does not count.
  if ((draft.flags & BPF_F_NUMA_NODE) === 0) delete draft.numaNode;
  const { btf: _, ...spec } = draft;
  return { ...spec, readOnly: false };
}

const MEMBERS: Readonly<Record<string, (draft: Draft, member: BtfMember) => void>> = {
  type: (draft, member) => {
    draft.type = number(draft, member);
  },
  max_entries: (draft, member) => {
    draft.maxEntries = number(draft, member);
  },
  map_flags: (draft, member) => {
    draft.flags = number(draft, member);
  },
  numa_node: (draft, member) => {
    draft.numaNode = number(draft, member);
  },
  map_extra: (draft, member) => {
    draft.extra = bigNumber(draft, member);
  },
  key_size: (draft, member) => setSize(draft, 'keySize', number(draft, member)),
  value_size: (draft, member) => setSize(draft, 'valueSize', number(draft, member)),
  key: (draft, member) => {
    draft.btfKeyTypeId = pointee(draft, member);
    setSize(draft, 'keySize', sizeOf(draft.btf, draft.btfKeyTypeId));
  },
  value: (draft, member) => {
    draft.btfValueTypeId = pointee(draft, member);
    setSize(draft, 'valueSize', sizeOf(draft.btf, draft.btfValueTypeId));
  },
  pinning: (draft, member) => {
    const pinning = PINNING[number(draft, member)];
    if (pinning === undefined) throw mapError(draft, `unknown pinning ${number(draft, member)}`);
    draft.pinning = pinning;
  },
  values: (draft, member) => {
    setSize(draft, 'valueSize', 4);
    const { type } = resolve(draft.btf, member.type);
    const slot = type.kind === 'array' ? resolve(draft.btf, type.type).type : undefined;
    if (slot?.kind !== 'ptr') throw mapError(draft, 'values is not an array of pointers');
    // Pointers to functions are what a program array holds; only maps of maps need to know more.
    const target = resolve(draft.btf, slot.type);
    if (target.type.kind === 'struct') draft.inner = readDefinition(draft.btf, `${draft.name}.inner`, target.id, true);
  },
};

/** enum libbpf_pin_type. */
const PINNING: readonly Pinning[] = ['none', 'byName'];

function setSize(draft: Draft, field: 'keySize' | 'valueSize', size: number): void {
  if (draft[field] !== 0 && draft[field] !== size) {
    throw mapError(draft, `${field === 'keySize' ? 'key' : 'value'} has ${draft[field]} bytes and ${size} bytes`);
  }
  draft[field] = size;
}

/** The number that __uint(name, number) stands for. */
function number(draft: Draft, member: BtfMember): number {
  const value = bigNumber(draft, member);
  if (value > 0xffffffffn) throw mapError(draft, `${member.name} is larger than 32 bits`);
  return Number(value);
}

function bigNumber(draft: Draft, member: BtfMember): bigint {
  const { type } = resolve(draft.btf, member.type);
  if (type.kind === 'enum' || type.kind === 'enum64') return BigInt(type.values[0]?.value ?? 0);
  const target = type.kind === 'ptr' ? resolve(draft.btf, type.type).type : undefined;
  if (target?.kind !== 'array')
    throw mapError(draft, `${member.name} is not of the form __uint(${member.name}, number)`);
  return BigInt(target.length);
}

/** The type that __type(name, type) stands for. */
function pointee(draft: Draft, member: BtfMember): number {
  const { type } = resolve(draft.btf, member.type);
  if (type.kind !== 'ptr') throw mapError(draft, `${member.name} is not of the form __type(${member.name}, type)`);
  return type.type;
}

function mapError(draft: Draft, reason: string): DecodeError {
  return new DecodeError(reason, 0, `map ${draft.name}`);
}
