import { describe, expect, test } from 'vitest';
import { findType } from '../../../src/bpf/btf/resolve.js';
import type { BtfComposite, BtfMember, BtfType } from '../../../src/bpf/btf/types.js';
import type { KernelType, TypeSource } from '../../../src/bpf/load/kernel-types.js';
import { resolveStructOps } from '../../../src/bpf/load/struct-ops.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { BPF_F_LINK, BPF_MAP_TYPE_STRUCT_OPS } from '../../../src/uapi/bpf.js';
import { objectBytes } from '../../support/objects.js';

const object = parseObject(objectBytes('struct_ops'));
const optional = parseObject(objectBytes('struct_ops_optional'));

describe('a struct of functions', () => {
  test('is a map that knows its programs by their places', () => {
    expect(object.maps).toMatchObject([
      { name: 'nlbpf_ops', type: BPF_MAP_TYPE_STRUCT_OPS, keySize: 4, valueSize: 48, maxEntries: 1, flags: 0 },
    ]);
    expect(object.maps[0]!.structOps!.programs).toEqual(
      new Map([
        [8, 'half'],
        [16, 'avoid'],
        [24, 'undo'],
      ]),
    );
  });

  test('may be a link, and optional', () => {
    expect(optional.maps).toMatchObject([{ name: 'optional', flags: BPF_F_LINK, autocreate: false }]);
  });
});

/** A kernel whose struct has `members`, by name, with the type that the object has for its first function. */
function kernelWith(
  names: readonly string[],
  change: (member: BtfMember) => BtfMember = (member) => member,
): TypeSource {
  const { types } = object.btf!;
  const local = types[findType(object.btf!, 'struct', 'tcp_congestion_ops')] as BtfComposite;
  const found = (name: string) => local.members.find((member) => member.name === name) ?? local.members[0]!;
  const members = names.map((name) => change({ ...found(name), name }));
  const struct: BtfType = { ...local, members };
  const structId = findType(object.btf!, 'struct', 'tcp_congestion_ops');
  const data: BtfMember = { name: 'data', type: structId, bitOffset: 8 * 64, bitSize: 0 };
  const value: BtfType = { ...local, name: 'bpf_struct_ops_tcp_congestion_ops', size: 128, members: [data] };
  const valueId = types.length;
  const btf = {
    types: { at: (id: number) => (id === valueId ? value : types[id] === local ? struct : types[id]) },
    find: (kind: BtfType['kind'], name: string) => (name === value.name ? valueId : findType(object.btf!, kind, name)),
  };
  return {
    find: (kind, name) => {
      const id = btf.find(kind, name);
      return id === 0 ? undefined : { btf: btf as unknown as KernelType['btf'], id };
    },
    moduleFd: () => {
      throw new Error('not opened');
    },
  };
}

describe('the kernel’s struct', () => {
  test('tells the number of each member by its name', () => {
    const kernel = kernelWith(['name', 'undo_cwnd', 'more', 'init', 'cong_avoid', 'ssthresh']);
    const { members, values } = resolveStructOps(object, kernel);
    expect([...members].map(([program, { index }]) => [program, index])).toEqual([
      ['half', 5],
      ['avoid', 4],
      ['undo', 1],
    ]);
    expect(values.get('nlbpf_ops')!.contents.length).toBe(128);
  });

  test('need not have what is not used', () => {
    expect(resolveStructOps(object, kernelWith(['ssthresh', 'cong_avoid', 'undo_cwnd', 'name'])).members.size).toBe(3);
  });

  test('must have what is', () => {
    expect(() => resolveStructOps(object, kernelWith(['ssthresh', 'cong_avoid', 'name']))).toThrow(
      "map nlbpf_ops: the kernel's tcp_congestion_ops has no undo_cwnd",
    );
    expect(() => resolveStructOps(object, kernelWith(['ssthresh', 'cong_avoid', 'undo_cwnd']))).toThrow('has no name');
  });

  test('must have it of the same kind', () => {
    const toNumber = (member: BtfMember): BtfMember =>
      member.name === 'ssthresh' ? { ...member, type: findType(object.btf!, 'typedef', '__u32') } : member;
    const kernel = kernelWith(['ssthresh', 'cong_avoid', 'undo_cwnd', 'name'], toNumber);
    expect(() => resolveStructOps(object, kernel)).toThrow('ssthresh is a ptr, in the kernel a int');
  });

  test('must be there', () => {
    const nothing: TypeSource = { ...kernelWith([]), find: () => undefined };
    expect(() => resolveStructOps(object, nothing)).toThrow('the kernel has no struct tcp_congestion_ops');
    expect(resolveStructOps(optional, nothing).values.size).toBe(0);
  });
});
