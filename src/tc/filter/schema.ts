import { attributes } from '../../netlink/attributes.js';
import { choose } from '../../netlink/combinators.js';
import { headed } from '../../netlink/message.js';
import { TCA_OPTIONS } from '../../uapi/rtnetlink.js';
import type { Infer, InferInput } from '../../wire/codec.js';
import { be16, LITTLE_ENDIAN, s32, u8, u16, u32 } from '../../wire/integers.js';
import { struct } from '../../wire/struct.js';
import { handle } from '../handle.js';
import { common } from '../schema.js';
import { bpf } from './bpf.js';

/** tcm_info holds two numbers: the priority above, and below it the protocol in network byte order. */
const info = LITTLE_ENDIAN ? { protocol: be16, priority: u16 } : { priority: u16, protocol: be16 };

/** struct tcmsg of a filter. */
export const tcmsg = struct({
  family: u8,
  ifindex: s32,
  /** Among the filters of one priority; what it looks like depends on the kind. */
  handle: u32,
  /** Where it hangs: 'ingress', 'egress', or a qdisc or class, '1:'. */
  parent: handle,
  ...info,
});

/** TCA_OPTIONS by TCA_KIND. */
const kinds = { bpf } as const;

export const filterAttributes = attributes({ ...common, options: [TCA_OPTIONS, choose('kind', kinds)] });
/** A filter message: struct tcmsg, then TCA_* attributes. Source: tcf_fill_node() in net/sched/cls_api.c (v6.12). */
export const filter = headed(tcmsg, filterAttributes);
/** A packet classifier as the kernel reports it. */
export type Filter = Infer<typeof filter>;
export type FilterMessage = InferInput<typeof filter>;
