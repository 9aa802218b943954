import { type Device, indexOf, named } from '../../netlink/device.js';
import { one } from '../../netlink/error.js';
import { exchange, type Operation, type Request, Stream, settable, without } from '../../netlink/request.js';
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from '../../uapi/netlink.js';
import { RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC } from '../../uapi/rtnetlink.js';
import { type Handle, parseHandle } from '../handle.js';
import { type Qdisc, type QdiscMessage, qdisc, qdiscAttributes } from './schema.js';

/** A qdisc of a device. What `qdiscs.list` answered can be given back. */
export type QdiscSettings = QdiscMessage & {
  /** The device, by name or index; or its index as `ifindex`. */
  readonly dev?: Device | undefined;
};

/** One qdisc: of a device, and there by its handle or by where it hangs ('root', 'clsact', '1:10'). */
export interface QdiscId {
  readonly dev: Device;
  readonly handle?: Handle | undefined;
  readonly parent?: Handle | undefined;
}

/** What the kernel asks of qdiscs that have one place only, as tc sends it (tc/tc_qdisc.c of iproute2 6.1). */
const FIXED_PLACE: Readonly<Record<string, { handle: string; parent: string }>> = {
  clsact: { handle: 'ffff:', parent: 'clsact' },
  ingress: { handle: 'ffff:', parent: 'clsact' },
};

function* toMessage(settings: QdiscSettings, operation: string): Operation<QdiscMessage> {
  const ifindex = yield* indexOf(settings.dev ?? settings.ifindex, operation);
  const place = FIXED_PLACE[settings.kind ?? ''] ?? { parent: 'root' };
  const message = settable(without(settings, 'dev'), qdiscAttributes);
  return { ...place, ...message, ifindex, info: 0 };
}

/** For errors. */
function placeOf({ dev, ifindex }: QdiscSettings): string {
  const device = dev ?? ifindex;
  return device === undefined ? '' : ` on ${device}`;
}

function* create(verb: string, settings: QdiscSettings, flags: number): Operation<void> {
  const operation = `qdisc ${verb} ${settings.kind ?? ''}`.trimEnd() + placeOf(settings);
  const message = yield* toMessage(settings, operation);
  yield { operation, type: RTM_NEWQDISC, flags, codec: qdisc, message };
}

function* idMessage(id: QdiscId, operation: string): Operation<object> {
  const ifindex = yield* indexOf(id.dev, operation);
  return { ifindex, handle: id.handle, parent: id.parent ?? (id.handle === undefined ? 'root' : undefined) };
}

function* dumpRequest(dev: Device | undefined, operation: string): Operation<Request<Qdisc>> {
  // Without a device all are told, and with one, too: RTM_GETQDISC knows no filter (tc_dump_qdisc(), v6.12).
  const message = { ifindex: dev === undefined ? 0 : yield* indexOf(dev, operation) };
  return { operation, type: RTM_GETQDISC, flags: NLM_F_DUMP, codec: qdisc, message, reply: qdisc };
}

function* byHandle({ dev, handle }: QdiscId, operation: string): Operation<Qdisc | undefined> {
  if (handle === undefined) return undefined;
  const wanted = named(operation, () => parseHandle(handle));
  const request = yield* dumpRequest(dev, operation);
  const { ifindex } = request.message as { ifindex: number };
  const keep = (found: Qdisc): boolean => found.ifindex === ifindex && parseHandle(found.handle) === wanted;
  return (yield* exchange({ ...request, keep }))[0];
}

/** `tc qdisc`. */
export const qdiscOperations = {
  /** Adds a qdisc; for clsact and ingress the place is known, others go to `root` unless `parent` says else. */
  add(settings: QdiscSettings): Operation<void> {
    return create('add', settings, NLM_F_CREATE | NLM_F_EXCL);
  },

  /** Adds a qdisc, or puts it in the place of the one that is there. */
  replace(settings: QdiscSettings): Operation<void> {
    return create('replace', settings, NLM_F_CREATE | NLM_F_REPLACE);
  },

  /** Changes the settings of the qdisc that is there. */
  change(settings: QdiscSettings): Operation<void> {
    return create('change', settings, 0);
  },

  /** Deletes a qdisc, with its classes and filters. Fails with ENOENT or EINVAL when there is none. */
  *delete(id: QdiscId): Operation<void> {
    const operation = `qdisc delete ${id.parent ?? id.handle ?? 'root'} on ${id.dev}`;
    const message = yield* idMessage(id, operation);
    yield { operation, type: RTM_DELQDISC, flags: 0, codec: qdisc, message };
  },

  /** One qdisc. Fails with ENOENT when there is none. */
  *get(id: QdiscId): Operation<Qdisc> {
    const operation = `qdisc get ${id.parent ?? id.handle ?? 'root'} on ${id.dev}`;
    // Asked for by its handle, the kernel does not say where a qdisc hangs: it repeats the request (tc_fill_qdisc(), v6.12).
    const listed = id.parent === undefined ? yield* byHandle(id, operation) : undefined;
    if (listed !== undefined) return listed;
    const message = yield* idMessage(id, operation);
    // Without NLM_F_ECHO the answer goes to those who watch alone (qdisc_get_notify() in net/sched/sch_api.c, v6.12).
    const flags = NLM_F_ECHO;
    const [found] = yield* exchange({ operation, type: RTM_GETQDISC, flags, codec: qdisc, message, reply: qdisc });
    return one(found, operation);
  },

  /** All qdiscs, or those of a device. */
  *list(dev?: Device): Operation<readonly Qdisc[]> {
    const request = yield* dumpRequest(dev, 'qdisc list');
    const all = yield* exchange(request);
    const { ifindex } = request.message as { ifindex: number };
    return ifindex === 0 ? all : all.filter((found) => found.ifindex === ifindex);
  },

  /** All qdiscs, one after another in constant memory. */
  dump(): Stream<Qdisc> {
    return new Stream(dumpRequest(undefined, 'qdisc dump'));
  },
};
