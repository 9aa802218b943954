import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { BpfMap } from '../../../src/bpf/map/map.js';
import { perCpu, possibleCpus } from '../../../src/bpf/map/per-cpu.js';
import { reuseMap } from '../../../src/bpf/map/reuse.js';
import { unpin } from '../../../src/bpf/pin.js';
import { BPF_EXIST, BPF_F_NO_PREALLOC, BPF_NOEXIST } from '../../../src/uapi/bpf.js';
import { u32, u64 } from '../../../src/wire/integers.js';
import { struct } from '../../../src/wire/struct.js';
import { runJson } from '../../support/command.js';
import { flagsOf, openFds } from '../../support/fds.js';

const U32 = { key: u32, value: u32 };
const array = { name: 'nlbpf_array', type: 'array', keySize: 4, valueSize: 4, maxEntries: 4 } as const;
const hash = { name: 'nlbpf_hash', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1000 } as const;
const DIRECTORY = '/sys/fs/bpf/nlbpf-test';
const pins = () => (existsSync(DIRECTORY) ? readdirSync(DIRECTORY) : []);
const code = (name: string) => expect.objectContaining({ code: name });

afterEach(() => {
  for (const name of pins()) unpin(`${DIRECTORY}/${name}`);
});

describe('a map', () => {
  test('is what bpftool says it is', () => {
    using map = BpfMap.create(hash);
    const info = map.info();
    const shown = runJson('bpftool', '-j', 'map', 'show', 'id', String(info.id));
    expect(shown).toMatchObject({
      id: info.id,
      type: info.typeName,
      name: info.name,
      bytes_key: info.keySize,
      bytes_value: info.valueSize,
      max_entries: info.maxEntries,
      flags: info.flags,
      bytes_memlock: info.memlock,
      frozen: 0,
    });
    expect(info).toMatchObject({ name: 'nlbpf_hash', typeName: 'hash', keySize: 4, maxEntries: 1000, frozen: false });
  });

  test('shows bpftool what was set', () => {
    using map = BpfMap.create(array, U32);
    map.set(0, 7).set(3, 0xdeadbeef);
    const dumped = runJson('bpftool', '-j', 'map', 'dump', 'id', String(map.info().id));
    expect(dumped.map(({ value }: { value: string[] }) => value.map(Number))).toEqual([
      ...[
        [7, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0xef, 0xbe, 0xad, 0xde],
      ],
    ]);
  });

  test('reads what bpftool set', () => {
    using map = BpfMap.create(hash, U32);
    const id = String(map.info().id);
    runJson('bpftool', '-j', 'map', 'update', 'id', id, 'key', '1', '0', '0', '0', 'value', '2', '1', '0', '0');
    expect([...map]).toEqual([[1, 258]]);
  });

  test('is a Map', () => {
    using map = BpfMap.create(hash, U32);
    const model = new Map<number, number>();
    for (let i = 0; i < 500; i++) {
      map.set(i * 7, i);
      model.set(i * 7, i);
    }
    for (let i = 0; i < 500; i += 3) expect(map.delete(i * 7)).toBe(model.delete(i * 7));
    expect([map.delete(1), map.get(1), map.has(1), map.get(7), map.has(7)]).toEqual([false, undefined, false, 1, true]);
    expect(map.size).toBe(model.size);
    const sorted = (entries: Iterable<[number, number]>) => [...entries].sort(([a], [b]) => a - b);
    expect(sorted(map)).toEqual(sorted(model));
    expect([...map.keys()].sort()).toEqual([...model.keys()].sort());
    expect([...map.values()].sort()).toEqual([...model.values()].sort());
    map.clear();
    expect([map.size, [...map]]).toEqual([0, []]);
  });

  test('without codecs holds bytes', () => {
    using map = BpfMap.create(hash);
    map.set(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8));
    expect([...map]).toEqual([[Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)]]);
  });

  test('holds structs, and leaves no trace of an earlier key in the padding of the next', () => {
    const key = struct({ kind: u32, cookie: u64 });
    using map = BpfMap.create({ ...hash, keySize: 16 }, { key, value: u32 });
    expect(() => map.set({ kind: -1, cookie: 1n }, 1)).toThrow('map nlbpf_hash: key.kind: must be an integer');
    map.set({ kind: 1, cookie: 2n }, 3);
    expect([map.get({ kind: 1, cookie: 2n }), [...map.keys()]]).toEqual([3, [{ kind: 1, cookie: 2n }]]);
  });

  test('larger than a batch is walked whole, and in bounded time', () => {
    using map = BpfMap.create({ ...hash, maxEntries: 20_000 }, U32);
    for (let i = 0; i < 20_000; i++) map.set(i, i);
    let sum = 0;
    for (const [key, value] of map) sum += key === value ? 1 : 0;
    expect([sum, map.size]).toEqual([20_000, 20_000]);
  });

  test('may be changed while it is walked', () => {
    using map = BpfMap.create({ ...hash, maxEntries: 20_000 }, U32);
    for (let i = 0; i < 10_000; i++) map.set(i, i);
    for (const key of map.keys()) map.delete(key);
    expect(map.size).toBe(0);
  });

  test('without batches is walked key by key', () => {
    using map = BpfMap.create({ ...hash, type: 'devmap_hash' });
    using longest = BpfMap.create({ ...hash, type: 'lpm_trie', keySize: 8, flags: BPF_F_NO_PREALLOC });
    longest.set(Uint8Array.of(32, 0, 0, 0, 10, 0, 0, 1), Uint8Array.of(1, 0, 0, 0));
    expect([[...map], [...longest]]).toEqual([
      [],
      [[Uint8Array.of(32, 0, 0, 0, 10, 0, 0, 1), Uint8Array.of(1, 0, 0, 0)]],
    ]);
    map.set(Uint8Array.of(5, 0, 0, 0), Uint8Array.of(1, 0, 0, 0)); // lo
    map.set(Uint8Array.of(6, 0, 0, 0), Uint8Array.of(1, 0, 0, 0));
    expect([...map.keys()].map((key) => key[0]).sort()).toEqual([5, 6]);
    expect(map.size).toBe(2);
  });

  test('per CPU has a value for each', () => {
    const values = perCpu(u32, 4);
    using map = BpfMap.create({ ...array, type: 'percpu_array' }, { key: u32, value: values });
    using hashed = BpfMap.create({ ...hash, type: 'percpu_hash' }, { key: u32, value: values });
    const given = Array.from({ length: possibleCpus() }, (_, cpu) => 100 + cpu);
    map.set(2, given);
    hashed.set(5, given);
    expect([map.get(2), [...hashed], [...map.keys()]]).toEqual([given, [[5, given]], [0, 1, 2, 3]]);
    const shown = runJson('bpftool', '-j', 'map', 'lookup', 'id', String(map.info().id), 'key', '2', '0', '0', '0');
    expect(shown.values.map(({ value }: { value: string[] }) => Number(value[0]))).toEqual(given);
    expect(() => map.set(0, [...given, 1])).toThrow(`map nlbpf_array: value: must be an array of ${possibleCpus()}`);
  });
});

describe('what a map refuses', () => {
  test('is a size that is not its own, named', () => {
    using map = BpfMap.create(hash);
    const four = new Uint8Array(4);
    expect(() => map.set(new Uint8Array(3), four)).toThrow('map nlbpf_hash: key: must have 4 bytes, has 3');
    expect(() => map.set(four, new Uint8Array(8))).toThrow('map nlbpf_hash: value: must have 4 bytes, has 8');
    expect(() => map.get(new Uint8Array(100))).toThrow(code('ERR_INVALID_VALUE'));
    map.set(four, four); // and it works again
    expect(map.get(four)).toEqual(four);
  });

  test('is told with a reason', () => {
    using map = BpfMap.create({ ...hash, maxEntries: 1 }, U32);
    using list = BpfMap.create(array, U32);
    map.set(1, 1);
    expect(() => map.set(2, 2)).toThrow(
      'BPF_MAP_UPDATE_ELEM map nlbpf_hash: argument or structure too big (E2BIG); it is full, with maxEntries 1',
    );
    expect(() => map.set(1, 2, BPF_NOEXIST)).toThrow('already exists (EEXIST); the entry is there already');
    expect(() => map.set(2, 2, BPF_EXIST)).toThrow('(ENOENT); there is no such entry');
    expect(() => list.set(4, 0)).toThrow('the index is not below its maxEntries, 4');
    expect(() => list.delete(0)).toThrow('entries of array maps cannot be deleted');
    expect(list.get(4)).toBeUndefined();
  });

  test('is everything, once closed', () => {
    const map = BpfMap.create(hash, U32);
    map.close();
    map.close();
    for (const use of [() => map.get(1), () => map.set(1, 1), () => map.delete(1), () => [...map], () => map.info()]) {
      expect(use).toThrow('BPF map nlbpf_hash is closed');
    }
  });

  test('is changes, once frozen', () => {
    using map = BpfMap.create(array, U32);
    map.freeze();
    expect(map.info().frozen).toBe(true);
    expect(() => map.set(0, 1)).toThrow('(EPERM); it is frozen');
  });

  test('is told before and after creation', () => {
    const before = openFds();
    expect(() => BpfMap.create({ ...hash, maxEntries: 0 })).toThrow(
      'BPF_MAP_CREATE map nlbpf_hash: invalid argument (EINVAL)',
    );
    expect(() => BpfMap.create({ ...hash, type: 9999 })).toThrow('this kernel does not support maps of type 9999');
    expect(() => BpfMap.create({ ...hash, name: 'no spaces' })).toThrow('name: may hold letters, digits, _ and . only');
    expect(() => BpfMap.create({ ...hash, keySize: -1 })).toThrow('map nlbpf_hash: keySize: must be an integer');
    expect(() => BpfMap.create({ ...hash, type: 'hsh' as 'hash' })).toThrow('no such map type: "hsh"');
    expect(() => BpfMap.fromId(0x7fffffff)).toThrow(code('ENOENT'));
    expect(openFds()).toBe(before);
  });
});

describe('a pinned map', () => {
  test('is opened again by path and by number', () => {
    using map = BpfMap.create(array, U32);
    map.set(1, 42);
    map.pin(`${DIRECTORY}/a`);
    using byPath = BpfMap.open(`${DIRECTORY}/a`, U32);
    using byId = BpfMap.fromId(map.info().id, U32);
    expect([byPath.get(1), byId.get(1), byPath.name, byPath.info().id]).toEqual([42, 42, 'nlbpf_array', map.info().id]);
    expect(flagsOf(byPath.fd) & 0o2000000).toBe(0o2000000);
    const shown = runJson('bpftool', '-j', '-f', 'map', 'show', 'id', String(map.info().id));
    // bpftool reads the same path once for each file system that was ever mounted there.
    expect(new Set(shown.pinned)).toEqual(new Set([`${DIRECTORY}/a`]));
    expect(() => map.pin(`${DIRECTORY}/a`)).toThrow(
      `BPF_OBJ_PIN map nlbpf_array as ${DIRECTORY}/a: already exists (EEXIST)`,
    );
  });

  test('can only be where a BPF file system is', () => {
    using map = BpfMap.create(array);
    expect(() => map.pin('/tmp/nlbpf-none/x')).toThrow('path: /tmp/nlbpf-none is not on a BPF file system');
    expect(existsSync('/tmp/nlbpf-none')).toBe(false);
    expect(() => BpfMap.open('/tmp/x')).toThrow('/tmp is not on a BPF file system');
    expect(() => BpfMap.open(`${DIRECTORY}/none`)).toThrow(code('ENOENT'));
    expect(() => unpin(`${DIRECTORY}/none`)).toThrow(code('ENOENT'));
  });

  test('is used again if it is what is wanted', () => {
    const path = `${DIRECTORY}/again`;
    expect(reuseMap(path, array)).toBeUndefined();
    using map = BpfMap.create(array);
    map.pin(path);
    using again = reuseMap(path, { ...array, name: 'another' });
    expect(again?.info().id).toBe(map.info().id);
  });

  test('that differs is refused, by every property that does', () => {
    const before = openFds();
    const path = `${DIRECTORY}/differs`;
    {
      using map = BpfMap.create(array);
      map.pin(path);
    }
    const wanted = { ...array, type: 'hash', valueSize: 8, maxEntries: 5, flags: BPF_F_NO_PREALLOC } as const;
    expect(() => reuseMap(path, wanted)).toThrow(
      `the map pinned at ${path} cannot be used again: type is array and should be hash, value size is 4 and should be 8, ` +
        'max entries is 4 and should be 5, flags is 0x0 and should be 0x1; unpin it, or make the definitions agree',
    );
    expect(() => reuseMap(path, wanted)).toThrow(code('ERR_INCOMPATIBLE_MAP'));
    expect(openFds()).toBe(before);
  });

  test('of devices is used again, though the kernel adds a flag', () => {
    const devices = { ...array, type: 'devmap' } as const;
    using map = BpfMap.create(devices);
    map.pin(`${DIRECTORY}/dev`);
    using again = reuseMap(`${DIRECTORY}/dev`, devices);
    expect(again).toBeDefined();
  });
});

test('a thousand maps made, used and closed leave nothing behind, with garbage collection between', () => {
  const before = openFds();
  for (let i = 0; i < 1000; i++) {
    using map = BpfMap.create(hash, U32);
    map.set(i, i);
    if (i % 50 === 0) globalThis.gc?.();
    expect(map.get(i)).toBe(i);
  }
  expect(openFds()).toBe(before);
});
