import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE } from '../../uapi/netlink.js';
import { RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR } from '../../uapi/rtnetlink.js';
import { AF_INET, AF_INET6 } from '../../uapi/socket.js';
import { formatIp, parsePrefix } from '../../wire/address.js';
import { EncodeError } from '../../wire/error.js';
import { show } from '../../wire/integers.js';
import { type Device, indexOf, named } from '../device.js';
import { exchange, type Operation, type Request, Stream, settable, without } from '../request.js';
import { type Address, type AddressMessage, address, addressAttributes } from './schema.js';

/** An address of a device. What `addresses.list` answered can be given back. */
export type AddressSettings = Omit<AddressMessage, 'address'> & {
  /** The device, by name or index; or its index as `index`. */
  readonly dev?: Device | undefined;
  /** With its prefix length, `10.1.1.1/24`; a bare address is a host's. With `local`, the peer's. */
  readonly address: string;
};

/** Which addresses to list; the kernel does the choosing. */
export interface AddressFilter {
  readonly dev?: Device | undefined;
  /** AF_INET or AF_INET6. */
  readonly family?: number | undefined;
}

function* toMessage(settings: AddressSettings, operation: string): Operation<AddressMessage> {
  const { address: bytes } = named(operation, () => parsePrefixOf(settings.address));
  const index = yield* indexOf(settings.dev ?? settings.index, operation);
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  named(operation, () => checkFamily(settings, family));
  // IPv4 wants IFA_LOCAL in every case (inet_rtm_newaddr() in net/ipv4/devinet.c, v6.12).
  const local = settings.local ?? (family === AF_INET ? formatIp(bytes) : undefined);
  return Object.assign(settable(without(settings, 'dev'), addressAttributes), { index, family, local });
}

/** Other bytes than the family's would be taken for the first ones of an address. */
function checkFamily(settings: AddressSettings, family: number): void {
  for (const name of ['local', 'broadcast'] as const) {
    const text = settings[name];
    if (typeof text !== 'string' || text.includes(':') === (family === AF_INET6)) continue;
    const wanted = family === AF_INET6 ? 'IPv6' : 'IPv4';
    throw new EncodeError(`must be an ${wanted} address, as 'address' is, is ${show(text)}`, name);
  }
}

function parsePrefixOf(text: unknown): ReturnType<typeof parsePrefix> {
  try {
    return parsePrefix(text);
  } catch (error) {
    throw error instanceof EncodeError ? error.within('address') : error;
  }
}

function* create(verb: string, settings: AddressSettings, flags: number): Operation<void> {
  const operation = `address ${verb} ${settings.address}`;
  const message = yield* toMessage(settings, operation);
  yield { operation, type: RTM_NEWADDR, flags: NLM_F_CREATE | flags, codec: address, message };
}

function* dumpRequest(filter: AddressFilter | undefined, operation: string): Operation<Request<Address>> {
  const index = filter?.dev === undefined ? 0 : yield* indexOf(filter.dev, operation);
  const message = { family: filter?.family ?? 0, index };
  return { operation, type: RTM_GETADDR, flags: NLM_F_DUMP, codec: address, message, reply: address };
}

/** `ip address`. */
export const addressOperations = {
  /** Gives a device an address. Fails with EEXIST when it has it. */
  add(settings: AddressSettings): Operation<void> {
    return create('add', settings, NLM_F_EXCL);
  },

  /** The same, changing its flags, lifetimes and so on when the device has it. */
  replace(settings: AddressSettings): Operation<void> {
    return create('replace', settings, NLM_F_REPLACE);
  },

  /** Takes an address from a device. Fails with EADDRNOTAVAIL when it does not have it. */
  *delete(settings: AddressSettings): Operation<void> {
    const operation = `address delete ${settings.address}`;
    const message = yield* toMessage(settings, operation);
    yield { operation, type: RTM_DELADDR, flags: 0, codec: address, message };
  },

  /** The address of that text on a device, prefix length included; undefined when it does not have it. */
  *get(dev: Device, text: string): Operation<Address | undefined> {
    const operation = `address get ${text}`;
    const { address: bytes, length } = named(operation, () => parsePrefixOf(text));
    const wanted = `${formatIp(bytes)}/${length}`;
    const all = yield* exchange(yield* dumpRequest({ dev }, operation));
    return all.find((found) => found.address === wanted || `${found.local}/${found.prefixlen}` === wanted);
  },

  /** All addresses, or those of a device or a family. */
  *list(filter?: AddressFilter): Operation<readonly Address[]> {
    return yield* exchange(yield* dumpRequest(filter, 'address list'));
  },

  /** The same, one after another in constant memory. */
  dump(filter?: AddressFilter): Stream<Address> {
    return new Stream(dumpRequest(filter, 'address dump'));
  },
};
