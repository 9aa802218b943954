import * as N from '../uapi/netlink.js';
import { bytes } from '../wire/bytes.js';
import type { Infer } from '../wire/codec.js';
import { s64, u32, u64 } from '../wire/integers.js';
import { text } from '../wire/text.js';
import { attributes } from './attributes.js';

/** What the kernel's policy accepts for an attribute. Source: NL_POLICY_TYPE_ATTR_*, Linux 5.8. */
const policy = attributes({
  type: [N.NL_POLICY_TYPE_ATTR_TYPE, u32],
  minValueS: [N.NL_POLICY_TYPE_ATTR_MIN_VALUE_S, s64],
  maxValueS: [N.NL_POLICY_TYPE_ATTR_MAX_VALUE_S, s64],
  minValueU: [N.NL_POLICY_TYPE_ATTR_MIN_VALUE_U, u64],
  maxValueU: [N.NL_POLICY_TYPE_ATTR_MAX_VALUE_U, u64],
  minLength: [N.NL_POLICY_TYPE_ATTR_MIN_LENGTH, u32],
  maxLength: [N.NL_POLICY_TYPE_ATTR_MAX_LENGTH, u32],
  bitfield32Mask: [N.NL_POLICY_TYPE_ATTR_BITFIELD32_MASK, u32],
  mask: [N.NL_POLICY_TYPE_ATTR_MASK, u64],
});

/** Extended acknowledgement. Source: NLMSGERR_ATTR_* in include/uapi/linux/netlink.h; missing types since Linux 6.1. */
export const extAck = attributes({
  /** A sentence for people. */
  msg: [N.NLMSGERR_ATTR_MSG, text],
  /** Offset of the attribute at fault, from the beginning of the request's nlmsghdr. */
  offs: [N.NLMSGERR_ATTR_OFFS, u32],
  cookie: [N.NLMSGERR_ATTR_COOKIE, bytes],
  policy: [N.NLMSGERR_ATTR_POLICY, policy],
  missType: [N.NLMSGERR_ATTR_MISS_TYPE, u32],
  /** Offset of the nest that misses it; absent for the message itself. */
  missNest: [N.NLMSGERR_ATTR_MISS_NEST, u32],
});
export type ExtAck = Infer<typeof extAck>;
export type Policy = Infer<typeof policy>;
