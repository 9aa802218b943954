import { bridge } from './bridge.js';
import { bridgePort } from './bridge_port.js';
import { ip6tnl, ipip } from './iptun.js';
import { veth } from './veth.js';
import { vxlan } from './vxlan.js';

/** IFLA_INFO_DATA by IFLA_INFO_KIND. A kind without settings of its own (dummy, ifb) needs no row. */
export const kinds = { bridge, ip6tnl, ipip, veth, vxlan } as const;

/** IFLA_INFO_SLAVE_DATA by IFLA_INFO_SLAVE_KIND. */
export const slaveKinds = { bridge: bridgePort } as const;
