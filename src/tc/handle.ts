import * as S from '../uapi/pkt_sched.js';
import { type Fixed, fixed } from '../wire/codec.js';
import { EncodeError } from '../wire/error.js';
import { LITTLE_ENDIAN, show } from '../wire/integers.js';

/**
 * A qdisc's or a class's place in the tree, as tc writes it: `1:` (a qdisc), `1:10` (a class; both hexadecimal),
 * `root`, `clsact` (what the qdiscs clsact and ingress hang on), and where filters hang on those, `ingress` and
 * `egress`; `none` is 0. The kernel's 32-bit number does as well.
 */
export type Handle = string | number;

const NAMES: readonly (readonly [name: string, handle: number])[] = [
  ['none', S.TC_H_UNSPEC],
  ['root', S.TC_H_ROOT],
  ['clsact', S.TC_H_CLSACT],
  ['ingress', ((S.TC_H_CLSACT & S.TC_H_MAJ_MASK) | S.TC_H_MIN_INGRESS) >>> 0],
  ['egress', ((S.TC_H_CLSACT & S.TC_H_MAJ_MASK) | S.TC_H_MIN_EGRESS) >>> 0],
];
const byName = new Map(NAMES);
const byNumber = new Map(NAMES.map(([name, handle]) => [handle, name]));

/** The kernel's number of a handle. Throws EncodeError. */
export function parseHandle(handle: Handle): number {
  if (typeof handle === 'number' && Number.isInteger(handle) && handle >= 0 && handle <= 0xffffffff) return handle;
  const number = typeof handle === 'string' ? (byName.get(handle) ?? numbered(handle)) : undefined;
  if (number !== undefined) return number;
  const names = NAMES.map(([name]) => `'${name}'`).join(', ');
  throw new EncodeError(`must be a handle such as '1:' or '1:10', or one of ${names}, is ${show(handle)}`);
}

/** `MAJOR:MINOR` in hexadecimal, either of which may be left out. */
function numbered(text: string): number | undefined {
  const match = /^([0-9a-f]{0,4}):([0-9a-f]{0,4})$/i.exec(text);
  if (match === null || text === ':') return undefined;
  return Number.parseInt(match[1] || '0', 16) * 0x10000 + Number.parseInt(match[2] || '0', 16);
}

/** The text of the kernel's number. */
export function formatHandle(handle: number): string {
  const minor = handle & S.TC_H_MIN_MASK;
  return byNumber.get(handle) ?? `${(handle >>> 16).toString(16)}:${minor === 0 ? '' : minor.toString(16)}`;
}

/** A handle as a field of struct tcmsg. */
export const handle: Fixed<string, Handle> = fixed(
  4,
  4,
  (offset, use) => `${use(formatHandle)}(view.getUint32(${offset}, ${LITTLE_ENDIAN}))`,
  (view, at, value) => view.setUint32(at, parseHandle(value), LITTLE_ENDIAN),
);
