/** Kinds of namespaces, for unshare(2) and setns(2): include/uapi/linux/sched.h (v7.3). */

export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWNET = 0x40000000;
