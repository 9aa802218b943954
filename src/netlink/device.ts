import { ALTIFNAMSIZ, IFNAMSIZ } from '../uapi/if.js';
import { RTEXT_FILTER_SKIP_STATS, RTM_GETLINK } from '../uapi/rtnetlink.js';
import { EncodeError } from '../wire/error.js';
import { show } from '../wire/integers.js';
import { one } from './error.js';
import { link } from './link/schema.js';
import { exchange, type Operation } from './request.js';

/** A network device: its name (an alternative name too), or its index. */
export type Device = string | number;

/** How a message names a device: by its index, or by one of its names. */
export interface DeviceId {
  readonly index?: number;
  readonly ifname?: string;
  readonly altIfname?: string;
}

/**
 * Says by which attribute a device is found, after checking its name as the kernel does (dev_valid_name() in
 * net/core/dev.c, v6.12). Throws EncodeError.
 */
export function deviceId(device: Device): DeviceId {
  if (typeof device === 'number') {
    if (!Number.isInteger(device) || device < 1 || device > 0x7fffffff) {
      throw new EncodeError(`a device's index is an integer from 1 up, not ${device}`);
    }
    return { index: device };
  }
  const name = checkedName(device, ALTIFNAMSIZ - 1);
  return Buffer.byteLength(name) < IFNAMSIZ ? { ifname: name } : { altIfname: name };
}

/** A name that a device can have. */
export function checkedName(name: unknown, most = IFNAMSIZ - 1): string {
  if (typeof name !== 'string') throw new EncodeError(`a device is named by a string or a number, not ${show(name)}`);
  const length = Buffer.byteLength(name);
  if (length === 0) throw new EncodeError("a device's name must not be empty");
  if (length > most) throw new EncodeError(`a device's name has at most ${most} bytes, ${show(name)} has ${length}`);
  if (name === '.' || name === '..' || /[/:\s\0]/.test(name)) {
    throw new EncodeError(
      `a device's name must not contain '/', ':' or white space, and not be '.' or '..': ${show(name)}`,
    );
  }
  return name;
}

/** The index of a device, asked of the kernel where it is named. Throws EncodeError when none is given. */
export function* indexOf(device: Device | undefined, operation: string): Operation<number> {
  if (device === undefined) throw new EncodeError('dev: must name the device').during(operation);
  const id = named(operation, () => deviceId(device));
  if (id.index !== undefined) return id.index;
  const [found] = yield* exchange({
    operation: `${operation}: device ${device}`,
    type: RTM_GETLINK,
    flags: 0,
    codec: link,
    message: { ...id, extMask: RTEXT_FILTER_SKIP_STATS },
    reply: link,
  });
  return one(found, operation).index;
}

/** Says of an EncodeError what was attempted. */
export function named<T>(operation: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof EncodeError ? error.during(operation) : error;
  }
}
