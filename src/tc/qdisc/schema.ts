import { attributes } from '../../netlink/attributes.js';
import { choose } from '../../netlink/combinators.js';
import { headed } from '../../netlink/message.js';
import { TCA_OPTIONS } from '../../uapi/rtnetlink.js';
import type { Infer, InferInput } from '../../wire/codec.js';
import { s32, u8, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { handle } from '../handle.js';
import { common } from '../schema.js';

/** struct tcmsg of a qdisc. */
export const tcmsg = struct({
  family: u8,
  ifindex: s32,
  /** Its own: '1:'. */
  handle,
  /** Where it hangs: 'root', 'clsact', or a class, '1:10'. */
  parent: handle,
  /** How many hold it; only reported. */
  info: u32,
});

/** TCA_OPTIONS by TCA_KIND. A kind without settings (clsact, ingress) needs no row. */
const kinds = {} as const;

export const qdiscAttributes = attributes({ ...common, options: [TCA_OPTIONS, choose('kind', kinds)] });
/** A qdisc message: struct tcmsg, then TCA_* attributes. Source: tc_fill_qdisc() in net/sched/sch_api.c (v6.12). */
export const qdisc = headed(tcmsg, qdiscAttributes);
/** A queueing discipline as the kernel reports it. */
export type Qdisc = Infer<typeof qdisc>;
export type QdiscMessage = InferInput<typeof qdisc>;
