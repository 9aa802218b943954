// include/uapi/linux/if_ether.h

export const ETH_ALEN = 6;
export const ETH_P_IP = 0x800;
export const ETH_P_ARP = 0x806;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_MPLS_UC = 0x8847;
export const ETH_P_8021AD = 0x88a8;
export const ETH_P_ALL = 3;
