import {
  BPF_CORE_ENUMVAL_EXISTS,
  BPF_CORE_ENUMVAL_VALUE,
  BPF_CORE_FIELD_BYTE_OFFSET,
  BPF_CORE_FIELD_BYTE_SIZE,
  BPF_CORE_FIELD_EXISTS,
  BPF_CORE_FIELD_LSHIFT_U64,
  BPF_CORE_FIELD_RSHIFT_U64,
  BPF_CORE_FIELD_SIGNED,
  BPF_CORE_TYPE_EXISTS,
  BPF_CORE_TYPE_ID_LOCAL,
  BPF_CORE_TYPE_ID_TARGET,
  BPF_CORE_TYPE_MATCHES,
  BPF_CORE_TYPE_SIZE,
} from '../../uapi/bpf.js';

/** What a CO-RE relocation wants to know. */
export interface CoreKind {
  /** What it is about: a field or an item, a type as a whole, or a constant of an enum. */
  readonly of: 'field' | 'type' | 'enumerator';
  /** For people. */
  readonly text: string;
}

/** By enum bpf_core_relo_kind. */
export const CORE_KINDS: Readonly<Record<number, CoreKind>> = {
  [BPF_CORE_FIELD_BYTE_OFFSET]: { of: 'field', text: 'the offset of' },
  [BPF_CORE_FIELD_BYTE_SIZE]: { of: 'field', text: 'the size of' },
  [BPF_CORE_FIELD_EXISTS]: { of: 'field', text: 'whether there is' },
  [BPF_CORE_FIELD_SIGNED]: { of: 'field', text: 'the signedness of' },
  [BPF_CORE_FIELD_LSHIFT_U64]: { of: 'field', text: 'the left shift of' },
  [BPF_CORE_FIELD_RSHIFT_U64]: { of: 'field', text: 'the right shift of' },
  [BPF_CORE_TYPE_ID_LOCAL]: { of: 'type', text: 'the local number of' },
  [BPF_CORE_TYPE_ID_TARGET]: { of: 'type', text: 'the number of' },
  [BPF_CORE_TYPE_EXISTS]: { of: 'type', text: 'whether there is' },
  [BPF_CORE_TYPE_SIZE]: { of: 'type', text: 'the size of' },
  [BPF_CORE_ENUMVAL_EXISTS]: { of: 'enumerator', text: 'whether there is' },
  [BPF_CORE_ENUMVAL_VALUE]: { of: 'enumerator', text: 'the value of' },
  [BPF_CORE_TYPE_MATCHES]: { of: 'type', text: 'whether the same is' },
};
