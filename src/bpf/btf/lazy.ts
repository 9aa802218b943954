import { BTF_KIND_DECL_TAG, BTF_KIND_TYPE_TAG, BTF_MAX_TYPE } from '../../uapi/btf.js';
import { Reader } from '../../wire/reader.js';
import { essentialName } from './essential-name.js';
import { KINDS } from './kinds.js';
import { type Extent, readHeader } from './parse.js';
import { BtfStrings } from './strings.js';
import type { BtfKind, BtfType, BtfTypes } from './types.js';

const TYPE_SIZE = 12;
/** Of a kind that there is not. */
const NONE = 0xff;
/** More types of one name than any kernel has, which has four: keeps hostile BTF from costing time. */
const MOST_TWINS = 1024;

/** What `long` may be called. */
const LONG = ['long int', 'long unsigned int', 'long', 'unsigned long'];

/** KINDS as numbers, for the walk over every type. */
const FIXED = Uint8Array.from({ length: 128 }, (_, kind) => KINDS[kind]?.fixed ?? NONE);
const EACH = Uint8Array.from({ length: 128 }, (_, kind) => KINDS[kind]?.each ?? NONE);

/** Tags are called by their text, the same for many, which nobody looks up. */
const IS_NAMED = Uint8Array.from({ length: 128 }, (_, kind) =>
  kind === BTF_KIND_DECL_TAG || kind === BTF_KIND_TYPE_TAG ? 0 : 1,
);

/**
 * BTF of which a type is read when it is asked for: a kernel has 126,611 types, and a program asks for some twenty.
 *
 * The first question costs one walk over all types, which finds where each begins; names are searched for among the
 * strings. What was read or found is kept.
 *
 * Split BTF, as modules have it, counts its types and strings on from those of its base.
 *
 * @throws DecodeError, here and from everything, when it is damaged.
 */
export class LazyBtf implements BtfTypes {
  readonly types: BtfTypes['types'];
  /** Of split BTF: what its numbers and strings count on from. */
  readonly base: LazyBtf | undefined;
  readonly #reader: Reader;
  readonly #extent: Extent;
  readonly #strings: BtfStrings;
  readonly #known = new Map<number, BtfType>([[0, { kind: 'void', name: '' }]]);
  #survey: Survey | undefined;
  #pointerSize: number | undefined;

  /** Over `bytes`, which it does not copy. */
  constructor(bytes: Uint8Array, base?: LazyBtf) {
    this.base = base;
    this.#reader = new Reader(bytes);
    const { types, strings } = readHeader(this.#reader, base !== undefined);
    this.#extent = types;
    const bytesOfStrings = this.#reader.bytes.subarray(strings.start, strings.end);
    this.#strings = new BtfStrings(bytesOfStrings, base === undefined ? undefined : base.#strings);
    const self = this;
    this.types = {
      get length() {
        return self.#first + self.#surveyed.starts.length;
      },
      at: (id) => self.#at(id),
    };
  }

  /** Bytes of a pointer: those of `long`, as in every Linux. */
  get pointerSize(): number {
    this.#pointerSize ??= this.base?.pointerSize ?? this.#sizeOfLong();
    return this.#pointerSize;
  }

  /** The number of the first type of this kind and name; 0 when there is none. Those of the base are left out. */
  find(kind: BtfKind, name: string): number {
    const isWanted = (type: BtfType | undefined) => type?.kind === kind && type.name === name;
    return this.#called(essentialName(name)).find((id) => isWanted(this.#at(id))) ?? 0;
  }

  /** Names, without flavours, that will be asked for: all are looked for at once. */
  expect(essentials: Iterable<string>): void {
    // Those of `long` are asked for with nearly everything.
    this.#strings.expect([...LONG, ...essentials]);
  }

  /** The numbers of all types but functions that are called so, in any flavour; those of the base left out. */
  named(essential: string): number[] {
    return this.#called(essential).filter((id) => this.#at(id)?.kind !== 'func');
  }

  /** The number of the first type here: 1, or the one behind the base's last. */
  get #first(): number {
    return this.base?.types.length ?? 1;
  }

  get #surveyed(): Survey {
    this.#survey ??= survey(this.#reader, this.#extent);
    return this.#survey;
  }

  #at(id: number): BtfType | undefined {
    if (id < this.#first && this.base !== undefined) return this.base.#at(id);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const start = this.#surveyed.starts[id - this.#first];
    if (start === undefined) return undefined;
    const type = this.#read(start);
    this.#known.set(id, type);
    return type;
  }

  /** The bytes are there: the walk has seen to it. */
  #read(at: number): BtfType {
    const { view } = this.#reader;
    const info = view.getUint32(at + 4, true);
    return KINDS[(info >>> 24) & 0x7f]!.read(
      { reader: this.#reader, strings: this.#strings },
      {
        name: this.#strings.at(view.getUint32(at, true)),
        flag: info >>> 31 === 1,
        count: info & 0xffffff,
        word: view.getUint32(at + 8, true),
        start: at + TYPE_SIZE,
      },
    );
  }

  /** The numbers of all types here whose name begins at one of these offsets, in ascending order. */
  #called(essential: string): number[] {
    const { names } = this.#surveyed;
    const ids: number[] = [];
    for (const offset of this.#strings.named(essential)) {
      for (let n = names.indexOf(offset); n >= 0; n = names.indexOf(offset, n + 1)) ids.push(this.#first + n);
      if (ids.length > MOST_TWINS) this.#reader.fail(0, `has more than ${MOST_TWINS} types called ${essential}`);
    }
    return ids.sort((a, b) => a - b);
  }

  #sizeOfLong(): number {
    const ids = LONG.map((name) => this.find('int', name));
    const type = this.#at(ids.find((id) => id !== 0) ?? 0);
    return type?.kind === 'int' && type.size === 4 ? 4 : 8;
  }
}

/** What is known of all types. */
interface Survey {
  /** Where each begins. */
  readonly starts: Uint32Array;
  /** Where the name of each begins, in the strings; 0 for those without, and tags. */
  readonly names: Uint32Array;
}

/** Walks over all types, whose lengths depend on their kinds. */
function survey(reader: Reader, { start, end }: Extent): Survey {
  const { view } = reader;
  const most = Math.floor((end - start) / TYPE_SIZE);
  const starts = new Uint32Array(most);
  const names = new Uint32Array(most);
  let count = 0;
  // It runs before the compiler has had a look at it, over every type of a kernel: few calls, no objects.
  for (let at = start; at < end; ) {
    if (end - at < TYPE_SIZE) reader.fail(at, 'type is cut short');
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x7f;
    if (FIXED[kind] === NONE) reader.fail(at + 4, `unknown kind ${kind}`);
    if (IS_NAMED[kind] === 1) names[count] = view.getUint32(at, true);
    starts[count++] = at;
    at += TYPE_SIZE + FIXED[kind]! + EACH[kind]! * (info & 0xffffff);
    if (at > end) reader.fail(starts[count - 1]!, 'type is cut short');
  }
  if (count > BTF_MAX_TYPE) reader.fail(start, `has more than ${BTF_MAX_TYPE} types`);
  return { starts: starts.subarray(0, count), names: names.subarray(0, count) };
}
