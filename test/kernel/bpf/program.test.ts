import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { VerifierError } from '../../../src/bpf/error.js';
import { BpfMap } from '../../../src/bpf/map/map.js';
import { unpin } from '../../../src/bpf/pin.js';
import { BpfProgram } from '../../../src/bpf/program/program.js';
import { run, runJson } from '../../support/command.js';
import { openFds } from '../../support/fds.js';

/** One `struct bpf_insn`. */
const insn = (opcode: number, registers: number, offset: number, imm: number): number[] => [
  ...[opcode, registers, offset & 255, (offset >> 8) & 255],
  ...[imm & 255, (imm >> 8) & 255, (imm >> 16) & 255, (imm >> 24) & 255],
];
const code = (...instructions: number[][]) => Uint8Array.from(instructions.flat());
const R0_IS = (imm: number) => insn(0xb7, 0x00, 0, imm);
const EXIT = insn(0x95, 0, 0, 0);
const ANSWER_2 = code(R0_IS(2), EXIT);
/** r0 = *(u8 *)(r2 + 0), r2 never set. */
const UNSET = code(R0_IS(0), insn(0x71, 0x20, 0, 0), EXIT);
/** r1 = ctx->data; r0 = *(u8 *)r1, without a look at data_end. */
const BEYOND = code(insn(0x61, 0x11, 76, 0), insn(0x71, 0x10, 0, 0), EXIT);

const DIRECTORY = '/sys/fs/bpf/nlbpf-test';
afterEach(() => {
  const names = existsSync(DIRECTORY) ? readdirSync(DIRECTORY) : [];
  for (const name of names) unpin(`${DIRECTORY}/${name}`);
});

const thrown = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('a program', () => {
  test('is what bpftool says it is', () => {
    using map = BpfMap.create({ name: 'nlbpf_used', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
    const useMap = [...insn(0x18, 0x11, 0, map.fd), ...insn(0, 0, 0, 0)];
    const instructions = code(useMap, R0_IS(0), EXIT);
    using program = BpfProgram.load({ name: 'nlbpf_probe', type: 'sched_cls', instructions, license: 'GPL' });
    const info = program.info();
    const shown = runJson('bpftool', '-j', 'prog', 'show', 'id', String(info.id));
    expect(shown).toMatchObject({
      id: info.id,
      type: info.typeName,
      name: info.name,
      tag: info.tag,
      gpl_compatible: info.gplCompatible,
      uid: info.uid,
      bytes_xlated: info.xlatedSize,
      jited: info.jitedSize > 0,
      bytes_memlock: info.memlock,
      map_ids: info.mapIds,
    });
    expect(Math.abs(info.loadedAt.getTime() / 1000 - shown.loaded_at)).toBeLessThan(2);
    expect(info).toMatchObject({ name: 'nlbpf_probe', typeName: 'sched_cls', gplCompatible: true });
    expect(info.mapIds).toEqual([map.info().id]);
  });

  test('runs on data given here', () => {
    using program = BpfProgram.load({ type: 'xdp', instructions: ANSWER_2 });
    const data = Uint8Array.from({ length: 64 }, (_, index) => index);
    const result = program.testRun({ data, repeat: 10 });
    expect([result.retval, result.data]).toEqual([2, data]);
    expect(result.duration).toBeGreaterThanOrEqual(0);
  });

  test('is opened again by path and by number', () => {
    using program = BpfProgram.load({ name: 'nlbpf_pin', type: 'sched_cls', instructions: ANSWER_2 });
    program.pin(`${DIRECTORY}/p`);
    using byPath = BpfProgram.open(`${DIRECTORY}/p`);
    using byId = BpfProgram.fromId(program.info().id);
    expect([byPath.name, byPath.info().id, byId.info().tag]).toEqual([
      'nlbpf_pin',
      program.info().id,
      program.info().tag,
    ]);
    expect(run('bpftool', 'prog', 'show', 'pinned', `${DIRECTORY}/p`)).toContain(program.info().tag);
    expect(() => BpfMap.open(`${DIRECTORY}/p`)).toThrow(`${DIRECTORY}/p is not a pinned map, but a bpf-prog`);
  });

  test('is gone once closed', () => {
    const before = openFds();
    const program = BpfProgram.load({ type: 'xdp', instructions: ANSWER_2 });
    const { id } = program.info();
    program.close();
    program.close();
    expect(() => program.info()).toThrow('is closed');
    expect(() => BpfProgram.fromId(id)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(openFds()).toBe(before);
  });
});

describe('the verifier', () => {
  test('is quoted with its reason and the instruction', () => {
    const error = thrown(() => BpfProgram.load({ name: 'nlbpf_bad', type: 'sched_cls', instructions: UNSET }));
    expect(error).toBeInstanceOf(VerifierError);
    expect(error).toMatchObject({
      code: 'EACCES',
      syscall: 'bpf',
      command: 'BPF_PROG_LOAD',
      reason: 'R2 !read_ok',
      instruction: { index: 1, text: 'r0 = *(u8 *)(r2 +0)' },
      source: undefined,
    });
    expect((error as VerifierError).message.split('\n').slice(0, 2)).toEqual([
      'program nlbpf_bad is refused by the verifier: R2 !read_ok (EACCES)',
      expect.stringContaining('at instruction 1: r0 = *(u8 *)(r2 +0)'),
    ]);
    expect((error as VerifierError).log).toContain('processed 2 insns');
    expect((error as VerifierError).counters).toMatchObject({ insns: 2, limit: 1_000_000, peak_states: 0 });
  });

  test('is quoted in full when it gives several lines of reason', () => {
    const error = thrown(() => BpfProgram.load({ type: 'sched_cls', instructions: BEYOND }));
    expect(error).toMatchObject({ instruction: { index: 1 } });
    expect((error as VerifierError).reason).toMatch(
      /^invalid access to packet, .*; R1 (offset|min value) is outside of the (packet|allowed memory range)$/,
    );
  });

  test('is quoted when it does not come to the first instruction', () => {
    const jump = insn(0x05, 0, 100, 0);
    const error = thrown(() => BpfProgram.load({ type: 'xdp', instructions: code(jump, R0_IS(0), EXIT) }));
    expect(error).toMatchObject({ name: 'VerifierError', code: 'EINVAL', instruction: { index: 0, text: '' } });
    expect((error as VerifierError).message).toContain('jump out of range from insn 0 to 101');
  });

  test('gives a log of any length whole', () => {
    // Each conditional jump prints lines of its own, more than the first buffer holds.
    const branches = Array.from({ length: 3000 }, () => insn(0x15, 0x01, 0, 1));
    const error = thrown(() =>
      BpfProgram.load({ type: 'xdp', instructions: code(...branches, insn(0x71, 0x20, 0, 0), EXIT) }),
    );
    expect(error).toBeInstanceOf(VerifierError);
    const { log } = error as VerifierError;
    expect(log.length).toBeGreaterThan(1 << 16);
    expect(log).toMatch(/R2 !read_ok\n(.*\n)*processed \d+ insns/);
  });
});

describe('a program is refused', () => {
  test.each([
    [
      'of no instructions',
      { instructions: new Uint8Array() },
      'instructions: must be a multiple of 8 bytes and not empty',
    ],
    [
      'of half an instruction',
      { instructions: new Uint8Array(12) },
      'must be a multiple of 8 bytes and not empty, has 12',
    ],
    ['of a type there is not', { type: 'xdq' as 'xdp' }, 'program nlbpf_x: type: no such program type: "xdq"'],
    ['of a type that the kernel lacks', { type: 9999 }, 'this kernel does not support programs of type 9999'],
    ['with flags that do not exist', { flags: 1 << 30 }, 'BPF_PROG_LOAD program nlbpf_x: invalid argument (EINVAL)'],
  ])('%s', (_, options, message) => {
    const before = openFds();
    const good = { name: 'nlbpf_x', type: 'xdp', instructions: ANSWER_2 } as const;
    expect(() => BpfProgram.load({ ...good, ...options })).toThrow(message);
    expect(openFds()).toBe(before);
  });
});
