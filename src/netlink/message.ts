import type { Codec } from '../wire/codec.js';
import { compile } from '../wire/compile.js';
import { EncodeError } from '../wire/error.js';
import { once } from '../wire/once.js';
import type { Fields, StructCodec, StructInput, StructValue } from '../wire/struct.js';
import { absentValues, checkNames, member, type NamedRow, namesOf } from './attributes.js';
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
  const names = once(() => new Set([...Object.keys(head.offsets), ...namesOf(attributes.rows), 'unknown']));
  const writeHead = compile<(view: DataView, at: number, message: object) => void>('head', (use) => {
    const valueText = (name: string) => {
      const given = member(name);
      const row = attributes.rows.find(({ codec }) => codec.header?.field === name);
      if (row === undefined) return given;
      return `${member(row.name)} === undefined ? ${given} : ${use(implied)}(${use(row)}, ${member(row.name)})`;
    };
    return `(view, at, values) => { let member; ${head.writes(use, valueText)} }`;
  });

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
      writeHead()(writer.view, at, message);
      attributes.encodeMembers(writer, message);
    },
  };
}

/** A header field that follows from an attribute: rtm_dst_len from the prefix in RTA_DST. */
function implied({ name, codec }: NamedRow, value: unknown): number {
  try {
    return codec.header!.of(value);
  } catch (error) {
    throw error instanceof EncodeError ? error.within(name) : error;
  }
}
