/** Ioctls of sockets: include/uapi/asm-generic/ioctls.h and include/uapi/linux/sockios.h (v7.3). */

/** Answers a descriptor of the network namespace that a socket belongs to; since 4.10. */
export const SIOCGSKNS = 0x894c;
