// include/uapi/linux/veth.h

export const VETH_INFO_UNSPEC = 0;
export const VETH_INFO_PEER = 1;
