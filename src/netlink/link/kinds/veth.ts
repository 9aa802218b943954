import { VETH_INFO_PEER } from '../../../uapi/veth.js';
import { attributes } from '../../attributes.js';
import { headed } from '../../message.js';
import { ifinfomsg, settings } from '../common.js';

/**
 * A pair of Ethernet devices: what enters one leaves the other. `peer` is sent when creating, and never reported;
 * the other half's index is the link's `link`, with `linkNetnsid` where it is in another namespace.
 *
 * Source: VETH_INFO_* in include/uapi/linux/veth.h; drivers/net/veth.c (v6.12).
 */
export const veth = attributes({
  peer: [VETH_INFO_PEER, headed(ifinfomsg, attributes(settings))],
});
