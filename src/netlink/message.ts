import type { Codec } from '../wire/codec.js';
import { compile } from '../wire/compile.js';
import { EncodeError } from '../wire/error.js';
import { once } from '../wire/once.js';
import type { Fields, StructCodec, StructInput, StructValue } from '../wire/struct.js';
import { absentValues, checkNames, namesOf } from './attributes.js';
import type { Attributes, AttributesCodec, Flatten, Table } from './types.js';

/**
 * Header fields and attributes side by side. An attribute of a header field's name supersedes it: RTA_TABLE wins over
 * rtm_table, which has room for numbers below 256 only.
 */
export type Message<F extends Fields, T extends Table> = Flatten<
  Omit<StructValue<F>, keyof T | 'tail'> & Omit<Pick<StructValue<F>, keyof F & keyof T>, never> & Attributes<T>
>;
export type MessageInput<F extends Fields, T extends Table> = Flatten<StructInputOf<F> & Attributes<T, 'in'>>;
type StructInputOf<F extends Fields> = Omit<StructInput<F>, 'tail'>;

export interface MessageCodec<F extends Fields, T extends Table> extends Codec<Message<F, T>, MessageInput<F, T>> {
  readonly head: StructCodec<F>;
  readonly attributes: AttributesCodec<T>;
}

/** A C struct followed by attributes: every rtnetlink message body, and a few options payloads (netem). */
export function headed<F extends Fields, T extends Table>(
  head: StructCodec<F>,
  attributes: AttributesCodec<T>,
): MessageCodec<F, T> {
  const bodyOffset = () => (head.size + 3) & ~3;
  const readHead = compile<(view: DataView, at: number) => object>('message', (use) => {
    const absent = JSON.stringify(absentValues(attributes.rows)).slice(1, -1);
    return `(view, at) => ({ ${head.members('at', use)}, ${absent} })`;
  });
  const names = once(() => new Set([...fieldNames(), ...namesOf(attributes.rows), 'unknown']));
  const implied = attributes.rows.filter((row) => row.codec.header !== undefined);

  const fieldNames = once(() => Object.keys(head.offsets));
  // V8 is slow to add members to a copy, and fast to set those that an object was made with.
  const blank = compile<() => Record<string, unknown>>('head', () => {
    return `() => ({ ${fieldNames()
      .map((name) => `${JSON.stringify(name)}: undefined`)
      .join(', ')} })`;
  });

  /** The header as the caller gave it, with the fields that follow from attributes. */
  const headOf = (message: Readonly<Record<string, unknown>>): StructInput<F> => {
    if (implied.length === 0) return message as StructInput<F>;
    const fields = blank()();
    for (const name of fieldNames()) fields[name] = message[name];
    for (const { name, codec } of implied) {
      if (message[name] === undefined) continue;
      try {
        fields[codec.header!.field] = codec.header!.of(message[name]);
      } catch (error) {
        throw error instanceof EncodeError ? error.within(name) : error;
      }
    }
    return fields as StructInput<F>;
  };

  return {
    head,
    attributes,
    decode(reader, start, end) {
      if (end - start < head.size) reader.fail(start, `needs a header of ${head.size} bytes, has ${end - start}`);
      return attributes.decodeInto(readHead()(reader.view, start), reader, start + bodyOffset(), end) as Message<F, T>;
    },
    encode(writer, message) {
      checkNames(message, names());
      const at = writer.grow(bodyOffset());
      head.write(writer.view, at, headOf(message as Readonly<Record<string, unknown>>));
      attributes.encodeMembers(writer, message);
    },
  };
}
