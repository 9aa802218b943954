import { attributes } from '../../netlink/attributes.js';
import { reported } from '../../netlink/combinators.js';
import * as C from '../../uapi/pkt_cls.js';
import { bytes, hex } from '../../wire/bytes.js';
import { u32 } from '../../wire/integers.js';
import { text } from '../../wire/text.js';
import { handle } from '../handle.js';

/**
 * Options of the bpf filter.
 *
 * Source: TCA_BPF_* in include/uapi/linux/pkt_cls.h; net/sched/cls_bpf.c (v6.12).
 */
export const bpf = attributes({
  act: [C.TCA_BPF_ACT, bytes],
  police: [C.TCA_BPF_POLICE, bytes],
  classid: [C.TCA_BPF_CLASSID, handle],
  /** Descriptor of a program of type sched_cls; sent, never reported. */
  fd: [C.TCA_BPF_FD, u32],
  /** What `tc filter show` prints. */
  name: [C.TCA_BPF_NAME, text],
  /** TCA_BPF_FLAG_ACT_DIRECT: the program's answer is the verdict. */
  flags: [C.TCA_BPF_FLAGS, u32],
  /** TCA_CLS_FLAGS_*. */
  flagsGen: [C.TCA_BPF_FLAGS_GEN, u32],
  /** Of the program, as hexadecimal text; Linux 4.11. */
  tag: [C.TCA_BPF_TAG, reported(hex)],
  /** Of the program; Linux 4.15. */
  id: [C.TCA_BPF_ID, reported(u32)],
});
