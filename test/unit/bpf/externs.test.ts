import { describe, expect, test } from 'vitest';
import { codecOf } from '../../../src/bpf/btf/codec.js';
import { findType } from '../../../src/bpf/btf/resolve.js';
import type { Btf } from '../../../src/bpf/btf/types.js';
import { Instructions } from '../../../src/bpf/instruction.js';
import { calledModules, type ResolvedExterns, resolveExterns } from '../../../src/bpf/load/externs.js';
import { findAddresses } from '../../../src/bpf/load/kallsyms.js';
import { kernelVersion } from '../../../src/bpf/load/kernel-facts.js';
import type { KernelType, TypeSource } from '../../../src/bpf/load/kernel-types.js';
import { patchExterns } from '../../../src/bpf/load/patch.js';
import { attachTargetType } from '../../../src/bpf/object/attach-target.js';
import { withoutExterns } from '../../../src/bpf/object/extern-types.js';
import { type KernelFacts, kconfigContents } from '../../../src/bpf/object/kconfig.js';
import { link } from '../../../src/bpf/object/link.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { ObjectError } from '../../../src/bpf/object-error.js';
import type { ObjectSpec } from '../../../src/bpf/spec.js';
import { BPF_LSM_MAC, BPF_TRACE_FENTRY, BPF_TRACE_ITER, BPF_TRACE_RAW_TP } from '../../../src/uapi/bpf.js';
import { Reader } from '../../../src/wire/reader.js';
import { objectBytes } from '../../support/objects.js';

const open = (name: string): ObjectSpec => parseObject(objectBytes(name), name);

const CONFIG = `
# CONFIG_OFF is not set
CONFIG_BPF_SYSCALL=y
CONFIG_NET=m
CONFIG_INET=y
CONFIG_HZ=250
CONFIG_NR_CPUS=0x2000
CONFIG_CC_VERSION_TEXT="gcc (GCC) 15.3.0"
`;

const facts = (config: string): KernelFacts => ({
  version: () => 0x060c0a,
  hasBpfCookie: () => true,
  hasSyscallWrapper: () => true,
  config: () => config,
});

describe('settings of the kernel', () => {
  const object = open('kconfig');
  const map = object.maps.find(({ name }) => name === '.kconfig')!;
  const fill = (config: string, given?: string) => {
    const contents = kconfigContents(object.externs!, object.btf!, map.valueSize, facts(config), given);
    return codecOf(object.btf!, map.btfValueTypeId).decode(new Reader(contents), 0, contents.length);
  };

  test('lie in one map, by alignment, size and name', () => {
    expect(object.externs!.map(({ name, weak, offset }) => [offset, name, weak])).toEqual([
      [0, 'CONFIG_NR_CPUS', false],
      [8, 'CONFIG_HZ', false],
      [12, 'CONFIG_NET', false],
      [16, 'LINUX_HAS_NO_SUCH_THING', true],
      [20, 'LINUX_KERNEL_VERSION', false],
      [24, 'CONFIG_NO_SUCH_SETTING', true],
      [26, 'CONFIG_BPF_SYSCALL', false],
      [27, 'CONFIG_INET', false],
      [28, 'LINUX_HAS_BPF_COOKIE', false],
      [29, 'LINUX_HAS_SYSCALL_WRAPPER', true],
      [30, 'CONFIG_CC_VERSION_TEXT', false],
    ]);
    expect(map).toMatchObject({ valueSize: 38, readOnly: true });
    const references = link(object.programs[0]!).references.filter(({ map }) => map === '.kconfig');
    expect(references.map(({ offset }) => offset)).toContain(20);
  });

  test('are put into each kind of variable', () => {
    expect(fill(CONFIG)).toEqual({
      CONFIG_NR_CPUS: 8192n,
      CONFIG_HZ: 250,
      CONFIG_NET: 2,
      LINUX_HAS_NO_SUCH_THING: 0,
      LINUX_KERNEL_VERSION: 0x060c0a,
      CONFIG_NO_SUCH_SETTING: 0,
      CONFIG_BPF_SYSCALL: true,
      CONFIG_INET: 'y'.charCodeAt(0),
      LINUX_HAS_BPF_COOKIE: true,
      LINUX_HAS_SYSCALL_WRAPPER: 1,
      CONFIG_CC_VERSION_TEXT: 'gcc (GC',
    });
  });

  test('that are given count before the kernel’s', () => {
    expect(fill(CONFIG, 'CONFIG_HZ=0144\nCONFIG_NO_SUCH_SETTING=-2')).toMatchObject({
      CONFIG_HZ: 100,
      CONFIG_NO_SUCH_SETTING: -2,
      CONFIG_NET: 2,
    });
  });

  test.each([
    ['CONFIG_HZ=250', 'CONFIG_HZ=5000000000', 'extern CONFIG_HZ: is 5000000000, which does not fit in 4 bytes'],
    ['CONFIG_HZ=250', 'CONFIG_HZ=fast', 'extern CONFIG_HZ: cannot be fast'],
    ['CONFIG_HZ=250', 'CONFIG_HZ=y', 'extern CONFIG_HZ: is y, which a variable of kind integer cannot hold'],
    ['CONFIG_HZ=250', 'CONFIG_HZ="x"', 'extern CONFIG_HZ: is "x", which a variable of kind integer cannot hold'],
    ['CONFIG_HZ=250\n', '', /^extern CONFIG_HZ: the kernel was not built with it/],
    ['CONFIG_BPF_SYSCALL=y', 'CONFIG_BPF_SYSCALL=m', /kind bool/],
    ['CONFIG_BPF_SYSCALL=y', 'CONFIG_BPF_SYSCALL=2', /does not fit/],
    ['CONFIG_NET=m', 'CONFIG_NET=1', /kind tristate/],
    ['15.3.0"', '15.3.0', /without a closing quote/],
  ])('%j as %j is refused', (from, to, message) => {
    expect(() => fill(CONFIG.replace(from, to))).toThrow(ObjectError);
    expect(() => fill(CONFIG.replace(from, to))).toThrow(message);
  });

  test.each([
    ['6.12.10', '#1 SMP', undefined, 0x060c0a],
    ['7.3.0-rc1+', '#1 SMP', undefined, 0x070300],
    ['5.4', '', undefined, 0x050400],
    ['4.14.300', '', undefined, 0x040eff],
    ['6.12.0-9-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.12.33-1 (2025-06-19)', undefined, 0x060c21],
    ['5.15.0-91-generic', '#101-Ubuntu SMP', 'Ubuntu 5.15.0-91.101-generic 5.15.131', 0x050f83],
  ])('%s, %j, %j: the version', (release, version, signature, code) => {
    expect(kernelVersion(release, version, signature)).toBe(code);
  });
});

describe('symbols of the kernel', () => {
  const text = [
    'ffffffff81000010 T first',
    'ffffffff81000020 t first.cold',
    'ffffffff81000030 t second.llvm.4711',
    'ffffffff81000040 t twice',
    'ffffffff81000050 t twice\t[module]',
    'ffffffff81000060 t a_first',
    '',
  ].join('\n');

  test('have addresses', () => {
    expect(findAddresses(text, ['first', 'second', 'third'])).toEqual(
      new Map([
        ['first', 0xffffffff81000010n],
        ['second', 0xffffffff81000030n],
      ]),
    );
  });

  test('of which several have the same name are refused', () => {
    expect(() => findAddresses(text, ['twice'])).toThrow('0xffffffff81000040 and 0xffffffff81000050');
  });
});

/** The types of an object as if they were the kernel’s; functions called `name` lie in module `module`. */
function kernelOf(btf: Btf, name?: string): TypeSource {
  const types = { types: { length: btf.types.length, at: (id: number) => btf.types[id] } };
  return {
    find: (kind, wanted) => {
      const id = findType(btf, kind, wanted);
      const module = wanted === name ? { module: 'module' } : {};
      return id === 0 ? undefined : { btf: types as unknown as KernelType['btf'], id, ...module };
    },
    moduleFd: () => {
      throw new Error('not opened');
    },
  };
}

describe('functions of the kernel', () => {
  const object = open('kfuncs');
  const missing = open('unresolved');
  const calling = object.programs[0]!;
  const modules = { fd: () => 77, index: () => 1 };

  const patched = (object: ObjectSpec, name: string, resolved: ResolvedExterns): Instructions => {
    const program = object.programs.find((program) => program.name === name)!;
    const code = link(program);
    patchExterns(program, code, object.externs!, resolved, modules);
    return new Instructions(code.instructions);
  };
  const calls = (code: Instructions) =>
    Array.from({ length: code.length }, (_, index) => code.at(index)).filter(({ opcode }) => opcode === 0x85);

  test('are called by their types', () => {
    const resolved = resolveExterns(object, kernelOf(object.btf!));
    const { id } = resolved.get('bpf_cast_to_kern_ctx') as KernelType;
    expect(object.btf!.types[id]).toMatchObject({ kind: 'func', name: 'bpf_cast_to_kern_ctx' });
    expect(calls(patched(object, calling.name, resolved))).toMatchObject([{ src: 2, imm: id, offset: 0 }]);
    expect(calledModules(object, resolved)).toEqual([]);
  });

  test('may have the name of a struct', () => {
    expect(open('corners').externs).toMatchObject([{ name: 'bpf_throw', kind: 'function', weak: false }]);
  });

  test('of modules are called through the array of descriptors', () => {
    const resolved = resolveExterns(object, kernelOf(object.btf!, 'bpf_cast_to_kern_ctx'));
    expect(calledModules(object, resolved)).toEqual(['module']);
    expect(calls(patched(object, calling.name, resolved))).toMatchObject([{ src: 2, offset: 1 }]);
  });

  test('that are missing are poisoned if weak, and their address is 0', () => {
    const resolved = resolveExterns(missing, kernelOf({ ...missing.btf!, types: [] }));
    expect(resolved.size).toBe(0);
    const code = patched(missing, 'guarded', resolved);
    expect(calls(code)).toEqual([{ opcode: 0x85, dst: 0, src: 0, offset: 0, imm: 2_002_000_000 }]);
  });

  test('that are missing are refused if not', () => {
    expect(() => resolveExterns(object, kernelOf({ ...object.btf!, types: [] }))).toThrow(
      'extern bpf_cast_to_kern_ctx: the kernel does not have it; declare it __weak if the program can do without',
    );
  });

  test('with another prototype are refused, or missing', () => {
    const types = missing.btf!.types.map((type) =>
      type.kind === 'funcProto' ? { ...type, params: [...type.params, ...type.params] } : type,
    );
    const kernel = kernelOf({ ...missing.btf!, types });
    expect(resolveExterns(missing, kernel).size).toBe(0);
    const strong = missing.externs!.map((extern) => ({ ...extern, weak: false }));
    expect(() => resolveExterns({ ...missing, externs: strong }, kernel)).toThrow('with another prototype');
  });

  test('may be given a flavour', () => {
    const externs = object.externs!.map((extern) => ({ ...extern, name: `${extern.name}___new` }));
    expect([...resolveExterns({ ...object, externs }, kernelOf(object.btf!)).keys()]).toEqual([
      'bpf_cast_to_kern_ctx___new',
    ]);
  });

  test('that the types do not describe are refused', () => {
    expect(() => patchExterns(calling, link(calling), [], new Map(), modules)).toThrow(ObjectError);
  });
});

test('variables of the kernel are loaded by their types, those of modules with a descriptor', () => {
  const object = open('percpu_ksym');
  const resolved = resolveExterns(object, kernelOf(object.btf!, 'bpf_prog_active'));
  const [program] = object.programs;
  const code = link(program!);
  const { instruction } = code.externs[0]!;
  patchExterns(program!, code, object.externs!, resolved, { fd: () => 77, index: () => 1 });
  const instructions = new Instructions(code.instructions);
  expect(instructions.at(instruction)).toMatchObject({
    opcode: 0x18,
    src: 3,
    imm: (resolved.get('bpf_prog_active') as KernelType).id,
  });
  expect(instructions.at(instruction + 1).imm).toBe(77);
});

test('types that the kernel gets have nothing extern', () => {
  for (const name of ['ksyms', 'kfuncs', 'unresolved', 'kconfig']) {
    const { types } = withoutExterns(open(name).btf!);
    expect(types.filter((type) => 'linkage' in type && type.linkage === 2)).toEqual([]);
    expect(types.filter((type) => type.name === '.ksyms')).toEqual([]);
  }
  const { btf } = open('functions');
  expect(withoutExterns(btf!)).toBe(btf);
});

test.each([
  ['sched_switch', BPF_TRACE_RAW_TP, { kind: 'typedef', name: 'btf_trace_sched_switch' }],
  ['file_open', BPF_LSM_MAC, { kind: 'func', name: 'bpf_lsm_file_open' }],
  ['task', BPF_TRACE_ITER, { kind: 'func', name: 'bpf_iter_task' }],
  ['tcp_connect', BPF_TRACE_FENTRY, { kind: 'func', name: 'tcp_connect' }],
  ['nf_nat:init', BPF_TRACE_FENTRY, { kind: 'func', name: 'init', module: 'nf_nat' }],
  ['handler', undefined, { kind: 'func', name: 'handler' }],
])('target %s of attach type %s', (target, type, found) => {
  expect(attachTargetType(target, type)).toEqual(found);
});
