import { type Device, indexOf } from '../../netlink/device.js';
import { one } from '../../netlink/error.js';
import { exchange, type Operation, type Request, Stream, settable, without } from '../../netlink/request.js';
import { BPF_PROG_TYPE_SCHED_CLS } from '../../uapi/bpf.js';
import { ETH_P_ALL } from '../../uapi/if_ether.js';
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL } from '../../uapi/netlink.js';
import { TCA_BPF_FLAG_ACT_DIRECT, TCA_CLS_FLAGS_IN_HW, TCA_CLS_FLAGS_NOT_IN_HW } from '../../uapi/pkt_cls.js';
import { RTM_DELTFILTER, RTM_GETTFILTER, RTM_NEWTFILTER } from '../../uapi/rtnetlink.js';
import { EncodeError } from '../../wire/error.js';
import type { Handle } from '../handle.js';
import { type Filter, type FilterMessage, filter, filterAttributes } from './schema.js';

/** A filter. What `filters.list` answered can be given back; a bpf filter needs its program again. */
export type FilterSettings = FilterMessage & {
  /** The device, by name or index; or its index as `ifindex`. */
  readonly dev?: Device | undefined;
  /** For kind bpf: the program, of type sched_cls (BPF_PROG_TYPE_*); its name is shown where `options.name` gives none. */
  readonly program?: { readonly fd: number; readonly name?: string | undefined; readonly type?: number } | undefined;
  /** For kind bpf: the program's answer (TC_ACT_*) is the verdict. */
  readonly directAction?: boolean | undefined;
};

/** Where filters hang, and which of them: without `priority` all. */
export interface FilterId {
  readonly dev: Device;
  /** 'ingress', 'egress', or a qdisc or class. */
  readonly parent: Handle;
  readonly chain?: number | undefined;
  readonly priority?: number | undefined;
  readonly protocol?: number | undefined;
  readonly handle?: number | undefined;
  readonly kind?: string | undefined;
}

function* toMessage(settings: FilterSettings, operation: string): Operation<FilterMessage> {
  const { dev, program, directAction } = settings;
  const ifindex = yield* indexOf(dev ?? settings.ifindex, operation);
  const message = settable(without(settings, 'dev', 'program', 'directAction'), filterAttributes);
  message['ifindex'] = ifindex;
  message['protocol'] ??= ETH_P_ALL;
  if (message['options'] !== undefined) message['options'] = withoutState(message['options']);
  if (program === undefined && directAction === undefined) return message;
  if (settings.kind !== 'bpf') {
    throw new EncodeError("program and directAction are settings of kind 'bpf'").during(operation);
  }
  checkType(settings.program, operation);
  message['options'] = bpfOptions(settings, message['options']);
  return message;
}

/** Whether the filter is in hardware is reported among the flags, and refused there (tc_flags_valid(), v6.12). */
function withoutState(options: unknown): unknown {
  const { flagsGen } = options as { readonly flagsGen?: unknown };
  if (typeof flagsGen !== 'number') return options;
  return { ...(options as object), flagsGen: flagsGen & ~(TCA_CLS_FLAGS_IN_HW | TCA_CLS_FLAGS_NOT_IN_HW) };
}

/** The kernel says of another type no more than that it is invalid. */
function checkType(program: FilterSettings['program'], operation: string): void {
  if (program?.type === undefined || program.type === BPF_PROG_TYPE_SCHED_CLS) return;
  const reason = `must be of type sched_cls (${BPF_PROG_TYPE_SCHED_CLS}), is of type ${program.type}`;
  throw new EncodeError(reason, 'program').during(operation);
}

function bpfOptions({ program, directAction }: FilterSettings, given: unknown): object {
  const own = { fd: program?.fd, name: program?.name, flags: undefined };
  const options: Record<string, unknown> = { ...own, ...(given as object | undefined) };
  if (directAction !== undefined) {
    const flags = ((options['flags'] as number | undefined) ?? 0) & ~TCA_BPF_FLAG_ACT_DIRECT;
    options['flags'] = flags | (directAction ? TCA_BPF_FLAG_ACT_DIRECT : 0);
  }
  return options;
}

/** A bpf filter is made of a program each time (cls_bpf_change() in net/sched/cls_bpf.c, v6.12). */
function checkProgram({ kind, program, options }: FilterSettings, operation: string): void {
  const given = options as { readonly fd?: number; readonly unknown?: unknown } | undefined;
  if (kind !== 'bpf' || program !== undefined || given?.fd !== undefined || given?.unknown !== undefined) return;
  throw new EncodeError("must be given for a filter of kind 'bpf'", 'program').during(operation);
}

function* create(verb: string, settings: FilterSettings, flags: number): Operation<void> {
  const { dev = settings.ifindex, parent } = settings;
  const place = [parent === undefined ? '' : ` at ${parent}`, dev === undefined ? '' : ` on ${dev}`];
  const operation = `filter ${verb} ${settings.kind ?? ''}`.trimEnd() + place.join('');
  checkProgram(settings, operation);
  const message = yield* toMessage(settings, operation);
  yield { operation, type: RTM_NEWTFILTER, flags, codec: filter, message };
}

function* idMessage(id: FilterId, operation: string): Operation<object> {
  const { dev, ...rest } = id;
  return { ...rest, ifindex: yield* indexOf(dev, operation) };
}

function* dumpRequest(id: FilterId, operation: string): Operation<Request<Filter>> {
  const message = yield* idMessage(id, operation);
  return { operation, type: RTM_GETTFILTER, flags: NLM_F_DUMP, codec: filter, message, reply: filter };
}

/** `tc filter`. */
export const filterOperations = {
  /**
   * Adds a filter. Without `priority` the kernel chooses one below those that are there, without `protocol` it sees
   * all packets. Fails with EEXIST when that handle is taken.
   */
  add(settings: FilterSettings): Operation<void> {
    return create('add', settings, NLM_F_CREATE | NLM_F_EXCL);
  },

  /** Adds a filter, or puts it in the place of the one of that priority and handle, without a gap. */
  replace(settings: FilterSettings): Operation<void> {
    return create('replace', settings, NLM_F_CREATE);
  },

  /** Changes the filter of that priority and handle. Fails with ENOENT when there is none. */
  change(settings: FilterSettings): Operation<void> {
    return create('change', settings, 0);
  },

  /** Deletes a filter; without `handle` all of the priority, without `priority` all of the parent. */
  *delete(id: FilterId): Operation<void> {
    const operation = `filter delete ${id.parent} on ${id.dev}`;
    const message = yield* idMessage(id, operation);
    yield { operation, type: RTM_DELTFILTER, flags: 0, codec: filter, message };
  },

  /** One filter, by its priority, protocol, handle and kind. Fails with ENOENT when there is none. */
  *get(id: FilterId): Operation<Filter> {
    const operation = `filter get ${id.parent} on ${id.dev}`;
    const message = yield* idMessage(id, operation);
    const [found] = yield* exchange({
      operation,
      type: RTM_GETTFILTER,
      flags: 0,
      codec: filter,
      message,
      reply: filter,
    });
    return one(found, operation);
  },

  /**
   * The filters that hang there, in the order in which packets meet them. The kernel also tells of each kind and
   * priority once without a filter; those lines, which have no handle, are left out.
   */
  *list(id: FilterId): Operation<readonly Filter[]> {
    const request = yield* dumpRequest(id, 'filter list');
    // The kernel's own filter knows device, parent, chain, priority and protocol.
    const keep = ({ handle, kind }: Filter): boolean =>
      handle !== 0 && (id.handle ?? handle) === handle && (id.kind ?? kind) === kind;
    return yield* exchange({ ...request, keep });
  },

  /** All that the kernel tells, one after another in constant memory. */
  dump(id: FilterId): Stream<Filter> {
    return new Stream(dumpRequest(id, 'filter dump'));
  },
};
