import { closeSync } from 'node:fs';
import { Memory } from '../../sys/memory.js';
import { BPF_F_TOKEN_FD } from '../../uapi/bpf.js';
import { BTF_FUNC_GLOBAL, BTF_INT_SIGNED, BTF_VAR_STATIC } from '../../uapi/btf.js';
import { EPERM } from '../../uapi/errno.js';
import { BTF_LOAD } from '../attr.js';
import { encodeBtf } from '../btf/encode.js';
import type { UnknownToKernel } from '../btf/sanitize.js';
import type { BtfKind, BtfType } from '../btf/types.js';
import { BpfError } from '../error.js';
import { StringTable } from '../string-table.js';
import { attempt } from '../syscall.js';
import type { Token } from '../token.js';

const VOID: BtfType = { kind: 'void', name: '' };
const INT: BtfType = { kind: 'int', name: 'int', size: 4, encoding: BTF_INT_SIGNED, bitOffset: 0, bits: 32 };
const VARIABLE: BtfType = { kind: 'var', name: 'v', type: 1, linkage: BTF_VAR_STATIC };
const VARIABLES = [{ type: 2, offset: 0, size: 4 }];

/** The smallest types in which each kind can be; type 1 is `int`. */
const PROBES: readonly (readonly [kind: BtfKind | 'globalFunc', types: readonly BtfType[]])[] = [
  ['var', [VARIABLE]],
  ['datasec', [VARIABLE, { kind: 'datasec', name: '.data', size: 4, variables: VARIABLES }]],
  [
    'globalFunc',
    [
      { kind: 'funcProto', name: '', type: 0, params: [] },
      { kind: 'func', name: 'f', type: 2, linkage: BTF_FUNC_GLOBAL },
    ],
  ],
  ['float', [{ kind: 'float', name: 'float', size: 4 }]],
  ['declTag', [VARIABLE, { kind: 'declTag', name: 't', type: 2, component: -1, kindFlag: false }]],
  [
    'typeTag',
    [
      { kind: 'typeTag', name: 't', type: 1, kindFlag: false },
      { kind: 'ptr', name: '', type: 2 },
    ],
  ],
  ['enum64', [{ kind: 'enum64', name: 'e', size: 8, signed: false, values: [{ name: 'A', value: 0n }] }]],
];

let btf: boolean | undefined;
let unknown: UnknownToKernel | undefined;

/** Whether the kernel takes BTF at all (4.18). Throws BpfError (EPERM) if it does not say. */
export function knowsBtf(token?: Token): boolean {
  btf ??= takes([], token);
  return btf;
}

/** The kinds of types that this kernel does not know. Throws BpfError (EPERM) if it does not say. */
export function unknownToKernel(token?: Token): UnknownToKernel {
  unknown ??= new Set(PROBES.filter(([, types]) => !takes(types, token)).map(([kind]) => kind));
  return unknown;
}

/** What BPF_BTF_LOAD wants of a token. */
export function tokenArgs(token: Token | undefined) {
  return token === undefined ? {} : { btfFlags: BPF_F_TOKEN_FD, btfTokenFd: token.fd };
}

function takes(types: readonly BtfType[], token: Token | undefined): boolean {
  const data = encodeBtf({ types: [VOID, INT, ...types], strings: new StringTable(new Uint8Array(1)) });
  const { result } = attempt(BTF_LOAD, { btf: Memory.from(data), btfSize: data.length, ...tokenArgs(token) });
  if (result === -EPERM) throw new BpfError(result, BTF_LOAD.name, 'BTF');
  if (result >= 0) closeSync(result);
  return result >= 0;
}
