import { NLMSG_HDRLEN } from '../uapi/netlink.js';
import { Writer } from '../wire/writer.js';
import { type KernelSaid, shown } from './error.js';
import type { ExtAck, Policy } from './ext-ack.js';
import type { Request } from './request.js';

/** An attribute as it was sent. */
interface Sent {
  readonly path: string;
  readonly codec: unknown;
  readonly value: unknown;
  /** Of its header, from the beginning of the nlmsghdr. */
  readonly at: number;
  end: number;
}

/**
 * The kernel's extended acknowledgement in the terms of the request: offsets become attribute paths. For that the
 * request is encoded once more, with a trace of what stands where; this happens after a failure only.
 */
export function explain(request: Request, ack: ExtAck): KernelSaid {
  const sent = traceOf(request);
  const said: { -readonly [K in keyof KernelSaid]: KernelSaid[K] } = {};
  if (ack.msg !== undefined) said.kernelMessage = ack.msg;
  if (ack.cookie !== undefined) said.cookie = ack.cookie;
  if (ack.offs !== undefined) {
    const found = deepest(sent, ack.offs);
    said.attribute = found?.path ?? headField(request, ack.offs) ?? `byte ${ack.offs}`;
    if (found?.value !== undefined) said.value = found.value;
  }
  if (ack.missType !== undefined) said.missing = missing(request, sent, ack.missType, ack.missNest);
  if (ack.policy !== undefined) {
    const accepted = acceptedBy(ack.policy);
    if (accepted !== undefined) said.policy = accepted;
  }
  return said;
}

/** For an error that the kernel gives no reason for: one of these must be it. */
export function sentBy(request: Request): KernelSaid {
  const values = traceOf(request).map(({ path, value }) => [path, shown(value)]);
  const known = values.filter(([, value]) => value !== undefined).map((pair) => pair.join(' = '));
  return known.length === 0 ? {} : { sent: known.join(', ') };
}

function traceOf(request: Request): readonly Sent[] {
  const writer = new Writer();
  const all: Sent[] = [];
  const open: Sent[] = [];
  writer.trace = {
    enter({ name, codec }, at, value) {
      const outer = open.at(-1);
      const attribute = { path: outer === undefined ? name : `${outer.path}.${name}`, codec, value, at, end: at };
      all.push(attribute);
      open.push(attribute);
    },
    leave(end) {
      open.pop()!.end = end;
    },
  };
  writer.grow(NLMSG_HDRLEN);
  request.codec.encode(writer, request.message);
  return all;
}

function deepest(sent: readonly Sent[], offset: number): Sent | undefined {
  return sent.findLast(({ at, end }) => at <= offset && offset < end);
}

function headField(request: Request, offset: number): string | undefined {
  const { head } = request.codec as { head?: { offsets: Readonly<Record<string, number>> } };
  return Object.entries(head?.offsets ?? {}).find(([, at]) => NLMSG_HDRLEN + at === offset)?.[0];
}

interface WithRows {
  readonly rows?: readonly { readonly name: string; readonly type: number }[];
  readonly attributes?: WithRows;
}

function missing(request: Request, sent: readonly Sent[], type: number, nest: number | undefined): string {
  const outer = nest === undefined ? undefined : deepest(sent, nest);
  const codec = (outer?.codec ?? request.codec) as WithRows;
  const rows = codec.rows ?? codec.attributes?.rows;
  const name = rows?.find((row) => row.type === type)?.name ?? `attribute ${type}`;
  return outer === undefined ? name : `${outer.path}.${name}`;
}

function acceptedBy(policy: Policy): string | undefined {
  const range = (low: unknown, high: unknown, unit: string): string | undefined => {
    if (low === undefined && high === undefined) return undefined;
    return `${low ?? 'anything'} to ${high ?? 'anything'}${unit}`;
  };
  if (policy.mask !== undefined) return `bits of 0x${policy.mask.toString(16)}`;
  if (policy.bitfield32Mask !== undefined) return `bits of 0x${policy.bitfield32Mask.toString(16)}`;
  return (
    range(policy.minValueU, policy.maxValueU, '') ??
    range(policy.minValueS, policy.maxValueS, '') ??
    range(policy.minLength, policy.maxLength, ' bytes')
  );
}
