/** What unshare(2) and setns(2) take apart: include/uapi/linux/sched.h (v7.3). */

export const CLONE_FS = 0x00000200;
export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWNET = 0x40000000;
