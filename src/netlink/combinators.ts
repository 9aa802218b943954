import { NLA_HDRLEN } from '../uapi/netlink.js';
import type { Codec, Infer, InferInput } from '../wire/codec.js';
import { EncodeError } from '../wire/error.js';
import { LITTLE_ENDIAN as LE, show } from '../wire/integers.js';
import { endAttribute } from './attributes.js';
import type { Choice } from './types.js';

// biome-ignore lint/suspicious/noExplicitAny: codecs of any type, inferred by the callers' types.
type AnyCodec = Codec<any, any>;
type Choices = Readonly<Record<string | number, AnyCodec>>;

/** A codec that states more; a copy in which what is computed when first asked for stays so. */
function extended<C extends AnyCodec, E extends object>(codec: C, more: E): C & E {
  return Object.assign(Object.defineProperties({}, Object.getOwnPropertyDescriptors(codec)), more) as C & E;
}

/** The attribute around the payload carries NLA_F_NESTED in requests. */
export function nested<C extends AnyCodec>(codec: C): C {
  return extended(codec, { nested: true });
}

/** The kernel reports the attribute and does not take it: left out where a read value is given back. */
export function reported<C extends AnyCodec>(codec: C): C {
  return extended(codec, { reported: true });
}

/** The attribute has its like in the message's header, where there is less room: rtm_table, ifa_flags. */
export function supersedes<Out extends number>(field: string, codec: Codec<Out>, narrowed: (value: number) => number) {
  return extended(codec, { header: { field, of: (value: unknown) => narrowed(value as number) } });
}

/** The attribute may occur many times (IFLA_ALT_IFNAME); the attribute set collects the values in order. */
export function repeated<Out, In>(item: Codec<Out, In>): Codec<readonly Out[], readonly In[]> {
  return extended(item, { repeated: true }) as unknown as Codec<readonly Out[], readonly In[]>;
}

/** A nest whose attribute numbers are just positions (TCA_ACT_TAB): 1, 2, 3... */
export function list<Out, In>(item: Codec<Out, In>): Codec<readonly Out[], readonly In[]> {
  return {
    decode(reader, start, end) {
      const items: Out[] = [];
      for (let at = start; at + NLA_HDRLEN <= end; ) {
        const length = reader.view.getUint16(at, LE);
        if (length < NLA_HDRLEN || at + length > end) reader.fail(at, `list element of length ${length}`);
        items.push(item.decode(reader, at + NLA_HDRLEN, at + length));
        at += (length + 3) & ~3;
      }
      return items;
    },
    encode(writer, items) {
      if (!Array.isArray(items)) throw new EncodeError(`must be an array, is ${show(items)}`);
      items.forEach((value, index) => {
        const at = writer.grow(NLA_HDRLEN);
        try {
          item.encode(writer, value);
          endAttribute(writer, at, index + 1);
        } catch (error) {
          throw error instanceof EncodeError ? error.within(`[${index}]`) : error;
        }
      });
    },
  };
}

/**
 * The payload's codec is chosen by the sibling named `selector`, as IFLA_INFO_DATA by IFLA_INFO_KIND, wherever in the
 * set that stands. A payload of a kind without a codec is kept among the unknown attributes.
 */
export function choose<const S extends string, const C extends Readonly<Record<string, AnyCodec>>>(
  selector: S,
  choices: C,
): Choice<S, C> {
  return { ...bySibling<C>(selector, choices), selector, choices } as Choice<S, C>;
}

/** The same, chosen by a number of the message's header: IFLA_AF_SPEC by the family. The type is the union of all. */
export function byHeader<const C extends Choices>(
  field: string,
  choices: C,
): Codec<Infer<C[keyof C]>, InferInput<C[keyof C]>> {
  return bySibling<C>(field, choices);
}

function bySibling<C extends Choices>(selector: string, choices: C): Codec<Infer<C[keyof C]>, InferInput<C[keyof C]>> {
  const codecs = new Map<string, AnyCodec>(Object.entries(choices));
  const notHere = (): never => {
    throw new Error(`the payload chosen by ${selector} is coded by the attribute set around it`);
  };
  return {
    selection: {
      selector,
      known: [...codecs.keys()],
      select: (siblings) => codecs.get(String((siblings as Record<string, unknown>)[selector])),
    },
    decode: notHere,
    encode: notHere,
  };
}
