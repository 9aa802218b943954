import { describe, expect, test } from 'vitest';
import { parseElf } from '../../../src/bpf/elf.js';
import { Instructions } from '../../../src/bpf/instruction.js';
import { link } from '../../../src/bpf/object/link.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { BpfObject } from '../../../src/bpf/object.js';
import type { ObjectSpec, ProgramSpec } from '../../../src/bpf/spec.js';
import { SystemError } from '../../../src/sys/errno.js';
import {
  BPF_CGROUP_INET_EGRESS,
  BPF_F_MMAPABLE,
  BPF_F_NO_PREALLOC,
  BPF_F_NUMA_NODE,
  BPF_F_RDONLY_PROG,
  BPF_F_XDP_HAS_FRAGS,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_RINGBUF,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_XDP,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_TCX_EGRESS,
  BPF_XDP,
} from '../../../src/uapi/bpf.js';
import { BTF_FUNC_GLOBAL, BTF_FUNC_STATIC } from '../../../src/uapi/btf.js';
import { DecodeError } from '../../../src/wire/error.js';
import { objectBytes, objectPath } from '../../support/objects.js';

const open = (name: string): ObjectSpec => parseObject(objectBytes(name), name);
const program = (object: ObjectSpec, name: string): ProgramSpec => object.programs.find((p) => p.name === name)!;

describe('maps defined in BTF', () => {
  const { maps, btf } = open('maps');
  const map = (name: string) => maps.find((map) => map.name === name);

  test('have types, sizes and flags', () => {
    expect(map('table')).toMatchObject({
      type: BPF_MAP_TYPE_HASH,
      keySize: 8,
      valueSize: 128,
      maxEntries: 128,
      flags: BPF_F_NO_PREALLOC,
      pinning: 'none',
    });
    const names = [map('table')!.btfKeyTypeId, map('table')!.btfValueTypeId].map((id) => btf!.types[id]!.name);
    expect(names).toEqual(['point', 'everything']);
  });

  test('may give sizes without types, and want to be pinned by name', () => {
    expect(map('sizes_only')).toMatchObject({
      type: BPF_MAP_TYPE_LRU_HASH,
      keySize: 6,
      valueSize: 10,
      btfKeyTypeId: 0,
      btfValueTypeId: 0,
      pinning: 'byName',
    });
  });

  test('may have no key, a number beside, even of 64 bits, or a NUMA node', () => {
    expect(open('newer_maps').maps).toMatchObject([
      { name: 'bloom', type: BPF_MAP_TYPE_BLOOM_FILTER, keySize: 0, valueSize: 4, extra: 3n },
      { name: 'arena', extra: 0x100000000000n },
    ]);
    expect(map('on_node')).toMatchObject({ flags: BPF_F_NUMA_NODE, numaNode: 0, valueSize: 16 });
    expect(map('events')).toMatchObject({ type: BPF_MAP_TYPE_RINGBUF, keySize: 0, valueSize: 0, maxEntries: 4096 });
    expect(map('table')).not.toHaveProperty('numaNode');
  });

  test('may hold maps', () => {
    expect(map('outer')).toMatchObject({
      type: BPF_MAP_TYPE_ARRAY_OF_MAPS,
      valueSize: 4,
      inner: { name: 'outer.inner', type: BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 8, maxEntries: 1 },
    });
  });
});

describe('entries from the start', () => {
  test.each(['slots', 'slots.gcc'])('are maps, or programs: %s', (name) => {
    const { maps } = open(name);
    expect(new Map(maps.map(({ name, slots }) => [name, slots]))).toEqual(
      new Map<string, unknown>([
        ['one', undefined],
        ['two', undefined],
        [
          'outer',
          [
            { index: 1, kind: 'map', name: 'one' },
            { index: 3, kind: 'map', name: 'two' },
          ],
        ],
        ['programs', [{ index: 2, kind: 'program', name: 'called' }]],
      ]),
    );
  });
});

describe('maps defined as structs', () => {
  test.each(['legacy_maps', 'legacy_maps.nobtf'])('%s: in the form of iproute2', (name) => {
    const spec = { flags: 0, extra: 0n, readOnly: false, btfKeyTypeId: 0, btfValueTypeId: 0 };
    const legacy = { id: 0, innerId: 0, innerIdx: 0 };
    expect(open(name).maps).toEqual([
      {
        ...spec,
        legacy,
        name: 'tun_iface',
        type: BPF_MAP_TYPE_ARRAY,
        keySize: 4,
        valueSize: 4,
        maxEntries: 1,
        pinning: 'global',
      },
      {
        ...spec,
        legacy,
        name: 'packets',
        type: BPF_MAP_TYPE_HASH,
        keySize: 4,
        valueSize: 8,
        maxEntries: 8,
        pinning: 'none',
      },
    ]);
  });

  test.each(['legacy_maps', 'legacy_maps.nobtf'])('%s: programs refer to both', (name) => {
    const object = open(name);
    expect(object.programs.map(({ section, type }) => [section, type])).toEqual([
      ['l2_to_iptun_ingress_forward', undefined],
      ['l2_to_iptun_ingress_redirect', undefined],
    ]);
    expect(
      link(object.programs[1]!)
        .references.map(({ map }) => map)
        .sort(),
    ).toEqual(['packets', 'tun_iface']);
  });
});

describe('maps defined by older structs', () => {
  /** The object as it would be without BTF: the sections are there, under other names. */
  const withoutBtf = (): ObjectSpec => {
    const bytes = objectBytes('legacy_forms');
    const text = Buffer.from(bytes.buffer);
    for (let at = text.indexOf('.BTF'); at >= 0; at = text.indexOf('.BTF')) bytes[at] = 0x78;
    return parseObject(bytes);
  };

  test.each<[string, ObjectSpec]>([
    ['named by BTF', open('legacy_forms')],
    ['told apart by size', withoutBtf()],
  ])('%s', (_, { maps }) => {
    expect(maps).toMatchObject([
      {
        name: 'plain',
        type: BPF_MAP_TYPE_HASH,
        keySize: 4,
        valueSize: 8,
        maxEntries: 3,
        flags: BPF_F_NO_PREALLOC,
        pinning: 'none',
      },
      {
        name: 'tun_iface',
        type: BPF_MAP_TYPE_ARRAY,
        keySize: 4,
        valueSize: 4,
        maxEntries: 1,
        flags: 0,
        pinning: 'global',
      },
    ]);
  });

  test('may have types beside', () => {
    const { maps, btf } = open('legacy_forms');
    const types = [maps[0]!.btfKeyTypeId, maps[0]!.btfValueTypeId].map((id) => btf!.types[id]!.name);
    expect(types).toEqual(['__u32', '__u64']);
    expect(withoutBtf().btf).toBeUndefined();
  });
});

describe('global data', () => {
  const object = open('globals');

  test('is a map for each section', () => {
    const map = (name: string) => object.maps.find((map) => map.name === name);
    const one = { type: BPF_MAP_TYPE_ARRAY, keySize: 4, maxEntries: 1 };
    expect(object.maps.map(({ name }) => name).sort()).toEqual(['.bss', '.data', '.rodata', '.rodata.own']);
    expect(map('.data')).toMatchObject({
      ...one,
      valueSize: 4,
      flags: BPF_F_MMAPABLE,
      contents: Uint8Array.of(5, 0, 0, 0),
    });
    expect(map('.rodata')).toMatchObject({ ...one, flags: BPF_F_MMAPABLE | BPF_F_RDONLY_PROG, readOnly: true });
    expect(map('.bss')).toMatchObject({ ...one, valueSize: 40, readOnly: false });
    expect(map('.bss')).not.toHaveProperty('contents');
    expect(object.btf!.types[map('.bss')!.btfValueTypeId]).toMatchObject({ kind: 'datasec', name: '.bss', size: 40 });
  });

  test('is not seen from outside if it is hidden', () => {
    expect(open('newer_rules').maps.find(({ name }) => name === '.data.secret')).toMatchObject({ flags: 0 });
  });

  test('is referred to by section and byte, whether by symbol or by section', () => {
    const { references } = link(object.programs[0]!);
    expect(references.map(({ map, offset }) => `${map}+${offset}`)).toEqual([
      '.data+0',
      '.bss+0',
      '.bss+8',
      '.rodata.own+0',
      '.rodata+8',
      '.rodata+0',
    ]);
  });

  test('license and version are read', () => {
    expect([object.license, object.version]).toEqual(['Dual MIT/GPL', 0x050a8e]);
  });
});

describe('programs', () => {
  test('have the type that their section stands for', () => {
    const rows = open('sections').programs.map((p) => [p.name, p.type, p.expectedAttachType, p.flags, p.autoload]);
    expect(rows).toEqual([
      ['classify', BPF_PROG_TYPE_SCHED_CLS, undefined, 0, true],
      ['act', BPF_PROG_TYPE_SCHED_ACT, undefined, 0, true],
      ['frags', BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS, true],
      ['optional', BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_EGRESS, 0, false],
      ['out', BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0, true],
      ['point', BPF_PROG_TYPE_TRACEPOINT, undefined, 0, true],
      ['free_name', undefined, undefined, 0, true],
    ]);
  });

  test('are not in .text, even if nobody calls what is there', () => {
    expect(open('textual').programs).toEqual([]);
  });

  test('may be said to be in another section', () => {
    const { spec } = BpfObject.open(objectPath('sections'), { sections: { free_name: 'fentry/x', frags: 'tc' } });
    expect(program(spec, 'free_name')).toMatchObject({ section: 'fentry/x', attachTarget: 'x', attachesByBtf: true });
    expect(program(spec, 'frags')).toMatchObject({ section: 'tc', type: BPF_PROG_TYPE_SCHED_CLS, flags: 0 });
    expect(program(spec, 'frags')).not.toHaveProperty('expectedAttachType');
    expect(() => BpfObject.open(objectPath('sections'), { sections: { none: 'tc' } })).toThrow('program none');
  });

  test('tell what depends on the running kernel', () => {
    const object = open('core');
    expect(link(program(object, 'relocated')).coreRelocations).toEqual([
      { instruction: 1, typeId: expect.any(Number), access: '0:0', kind: 0, order: expect.any(Number) },
    ]);
    expect(link(program(object, 'calling')).externs.map(({ name, weak }) => [name, weak])).toEqual([
      ['some_symbol', true],
      ['bpf_some_kfunc', false],
    ]);
  });
});

describe('linking', () => {
  const object = open('functions');
  const callback = open('callback');

  /** The functions of a program by name, in order, from its func_info. */
  const order = (name: string, object: ObjectSpec): string[] =>
    link(program(object, name)).funcInfo.map(({ typeId }) => object.btf!.types[typeId]!.name);

  test('puts each function behind its first caller, depth first', () => {
    expect(order('one', object)).toEqual(['one', 'first', 'second', 'leaf']);
    expect(order('two', object)).toEqual(['two', 'second', 'leaf']);
    expect(order('none', object)).toEqual(['none']);
    expect(order('looping', callback)).toEqual(['looping', 'each', 'leaf']);
  });

  test('makes jump tables lead to places in the program', () => {
    const object = open('jump_tables');
    const { instructions, jumpTables } = link(program(object, 'outer'));
    // outer has 16 instructions, and inner follows; its own table begins at byte 16 of the section, behind that of inner.
    expect(jumpTables).toEqual([
      { instruction: 5, start: 16, targets: [10, 12, 14] },
      { instruction: 16 + 3, start: 0, targets: [16 + 8, 16 + 10] },
    ]);
    const code = new Instructions(instructions);
    expect(jumpTables!.flatMap(({ targets }) => targets.map((target) => code.at(target).imm))).toEqual([
      1, 2, 3, 10, 20,
    ]);
    const damaged = objectBytes('jump_tables');
    const { offset } = parseElf(damaged).sections.find(({ name }) => name === '.jumptables')!;
    expect(() => parseObject(damaged.fill(0xf4, offset, offset + 1))).toThrow(
      'jump table BPF_JT_inner leads into the middle of an instruction',
    );
  });

  test('leaves jump tables that lead elsewhere to the verifier to refuse', () => {
    const damaged = objectBytes('jump_tables');
    const { offset } = parseElf(damaged).sections.find(({ name }) => name === '.jumptables')!;
    const [, inner] = link(program(parseObject(damaged.fill(0xf8, offset, offset + 1)), 'outer')).jumpTables!;
    expect(inner!.targets[0]).toBeGreaterThan(26);
  });

  test('puts what is called when a program throws last', () => {
    expect(order('throwing', open('exceptions'))).toEqual(['throwing', 'check', 'caught']);
  });

  test('leaves what two tags name to the verifier to refuse', () => {
    expect(order('torn', open('newer_rules'))).toEqual(['torn']);
  });

  test.each(['one', 'two', 'none', 'looping'])('%s: every call leads to the start of a function', (name) => {
    const { instructions, funcInfo, lineInfo } = link(program(name === 'looping' ? callback : object, name));
    const code = new Instructions(instructions);
    const starts = new Set(funcInfo.map(({ instruction }) => instruction));
    let calls = 0;
    for (let index = 0; index < code.length; index++) {
      const { opcode, src, imm } = code.at(index);
      const isCall = (opcode === 0x85 && src === BPF_PSEUDO_CALL) || (opcode === 0x18 && src === BPF_PSEUDO_FUNC);
      if (!isCall) continue;
      calls++;
      expect(starts).toContain(index + imm + 1);
    }
    expect(calls > 0).toBe(name !== 'none');
    expect(lineInfo.filter(({ instruction }) => starts.has(instruction))).toHaveLength(starts.size);
    expect(lineInfo).toEqual([...lineInfo].sort((a, b) => a.instruction - b.instruction));
  });

  test('makes hidden functions static, for the verifier to follow', () => {
    const linkages = object.btf!.types.flatMap((type) => (type.kind === 'func' ? [[type.name, type.linkage]] : []));
    expect(Object.fromEntries(linkages)).toMatchObject({ first: BTF_FUNC_GLOBAL, second: BTF_FUNC_STATIC });
  });

  test('leaves the parts as they were', () => {
    const before = program(object, 'one').entry.instructions.slice();
    expect(link(program(object, 'one'))).toEqual(link(program(object, 'one')));
    expect(program(object, 'one').entry.instructions).toEqual(before);
  });

  test('tells the source line of an instruction', () => {
    const { lineInfo } = link(program(object, 'two'));
    const { strings } = object.btf!;
    expect(strings.at(lineInfo[0]!.fileNameOff)).toMatch(/test\/bpf\/functions\.c$/);
    expect(strings.at(lineInfo[0]!.lineOff).trim()).toBe('return second(skb->len);');
  });

  test('ends at the size that no kernel takes', () => {
    const { entry } = program(object, 'none');
    const large = { ...entry, instructions: new Uint8Array(8_000_008) };
    expect(() => link({ ...program(object, 'none'), entry: large })).toThrow(DecodeError);
  });
});

describe('a file', () => {
  const cut = (name: string, section: string): Uint8Array => {
    const bytes = objectBytes(name);
    const { offset } = parseElf(bytes).sections.find((item) => item.name === section)!;
    return bytes.fill(0xff, offset, offset + 1);
  };

  test('is opened by its path, or from bytes', () => {
    const { spec } = BpfObject.open(objectPath('functions'));
    expect(spec).toEqual({ ...BpfObject.open(objectBytes('functions')).spec, name: 'functions' });
  });

  test('that is not there, or is something else, is named', () => {
    expect(() => BpfObject.open('/nowhere/x.o')).toThrow(SystemError);
    expect(() => BpfObject.open('/nowhere/x.o')).toThrow('/nowhere/x.o');
    const source = objectPath('functions').replace(/o$/, 'c');
    expect(() => BpfObject.open(source)).toThrow(`${source}: not an ELF file (at byte 0)`);
  });

  test('that is damaged is refused with the place in the file', () => {
    expect(() => parseObject(cut('maps', '.BTF'))).toThrow(/^section \.BTF: not BTF \(at byte \d{3,}\)$/);
    expect(() => parseObject(cut('maps', '.BTF.ext'))).toThrow(
      /^section \.BTF\.ext: not \.BTF\.ext \(at byte \d{3,}\)$/,
    );
  });

  test('in which a load that is relocated has lost its second half is refused', () => {
    const bytes = objectBytes('functions');
    const { sections } = parseElf(bytes);
    const text = sections.find(({ name }) => name === '.text')!;
    const load = text.relocations.find(({ symbol }) => symbol.name === 'counters')!;
    const symbols = sections.find(({ name }) => name === '.symtab')!;
    const view = new DataView(bytes.buffer, symbols.offset, symbols.size);
    for (let at = 0; at < symbols.size; at += 24) {
      const isFunction = view.getUint16(at + 6, true) === text.index && (view.getUint8(at + 4) & 15) === 2;
      const before = load.offset - Number(view.getBigUint64(at + 8, true));
      const size = Number(view.getBigUint64(at + 16, true));
      if (isFunction && before >= 0 && before < size) view.setBigUint64(at + 16, BigInt(before + 8), true);
    }
    expect(() => parseObject(bytes)).toThrow('relocation by counters of neither a call nor a 64-bit load');
  });
});
