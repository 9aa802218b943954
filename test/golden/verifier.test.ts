import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VerifierError } from '../../src/bpf/error.js';
import { explainLog } from '../../src/bpf/verifier-log.js';

/** Logs of the programs in test/bpf/refused.c, one for each kernel; the middle of one of 50 MiB is left out. */
const folder = new URL('verifier/', import.meta.url);
const read = (kernel: string, name: string): string => readFileSync(new URL(`${kernel}-${name}.log`, folder), 'utf8');
const KERNELS = ['5.10', '6.1', '6.12', '6.18', '7.3'];

/** Reason; instruction; its line of C; what a register holds; advice. */
type Expected =
  | readonly [RegExp, number, string, string, (readonly [string, RegExp])?, RegExp?]
  | readonly [RegExp, number, string, string, undefined, RegExp?];
const COMPLAINTS: Readonly<Record<string, Expected>> = {
  out_of_bounds: [
    /^invalid access to map value, value_size=24 off=36 size=4; R0 max value is outside/,
    ...([13, 'r6 = *(u32 *)(r0 +8)', 'return entry->slots[skb->len & 7];', ['R0', /^map_value\(.*vs=24/]] as const),
    /bounds check|check the index/,
  ],
  null_check: [
    /^R0 invalid mem access 'map_value_or_null'$/,
    ...([7, 'r0 = *(u64 *)(r0 +0)', 'return entry->count;', ['R0', /^map_value_or_null\(/]] as const),
    /NULL/,
  ],
  unreleased: [
    /^Unreleased reference id=2 alloc_insn=11/,
    16,
    'exit',
    'return bpf_sk_lookup_tcp(',
    ['R10', /^fp0$/],
    /[Rr]elease/,
  ],
  uninitialised: [/^R7 !read_ok$/, 0, 'r0 = r7', 'asm volatile("%0 = r7"', undefined, /./],
  too_many: [
    /^BPF program is too large. Processed 1000001 insn$/,
    3,
    'r2 <<= 32',
    'for (int i = 0;',
    undefined,
    /loop/,
  ],
  endless: [/^infinite loop detected at insn 0$/, 0, 'goto pc-1', 'while (1)', undefined, /loop/],
  forbidden_helper: [
    /^(unknown func|program of this type cannot use helper) bpf_redirect#23$/,
    ...([2, 'call bpf_redirect#23', 'return bpf_redirect(1, 0);', undefined, /helper/] as const),
  ],
  gpl_only: [
    /^cannot call GPL-restricted function from non-GPL compatible program$/,
    ...([7, 'call bpf_trace_printk#6', 'return bpf_trace_printk(text', ['R1', /^fp-8/], /GPL/] as const),
  ],
  packet: [
    /^invalid access to packet, off=0 size=1/,
    1,
    'r0 = *(u8 *)(r1 +0)',
    'return *(char *)(long)skb->data;',
    ['R1', /^pkt\(/],
    /./,
  ],
  return_value: [
    /^At program exit the register R0 has (value \(0x5; 0x0\)|smin=5)/,
    1,
    'exit',
    'return 5;',
    undefined,
    /./,
  ],
  stack: [
    /^invalid variable-offset write to stack R2/,
    8,
    '*(u8 *)(r2 +0) = r1',
    'text[skb->len & 63] = 1;',
    undefined,
    /stack/,
  ],
  argument: [
    /^R2 type=(inv|scalar) expected=fp, pkt/,
    3,
    'call bpf_map_lookup_elem#1',
    'return bpf_map_lookup_elem(',
    undefined,
  ],
  read_only: [
    /^invalid bpf_context access off=0 size=4$/,
    1,
    '*(u32 *)(r1 +0) = r2',
    'skb->len = 5;',
    ['R1', /^ctx\(/],
    /context/,
  ],
  called: [
    /^invalid access to map value, value_size=24 off=36 size=4; R2 max value is outside/,
    ...([19, 'r0 = *(u32 *)(r2 +8)', 'return entry->slots[skb->len & 7];', ['R2', /^map_value\(/], /./] as const),
  ],
};

describe.each(KERNELS)('the log of Linux %s', (kernel) => {
  test.each(Object.entries(COMPLAINTS))('about %s', (name, [reason, index, text, source, register, advice]) => {
    const finding = explainLog(read(kernel, name));
    expect(finding.reason).toMatch(reason);
    expect(finding.instruction).toEqual({ index, text });
    expect(finding.source?.text.startsWith(source)).toBe(true);
    // Kernels before 5.18 tell registers at jumps and for some complaints.
    if (register !== undefined && (kernel !== '5.10' || finding.registers[register[0]] !== undefined))
      expect(finding.registers[register[0]]).toMatch(register[1]);
    if (advice !== undefined) expect(finding.suggestion).toMatch(advice);
    expect(finding.counters).toMatchObject({
      insns: expect.any(Number),
      limit: 1000000,
      peak_states: expect.any(Number),
    });
    const hasLine = !['5.10', '6.1'].includes(kernel);
    expect([finding.source?.file, typeof finding.source?.line]).toEqual(
      hasLine ? ['refused.c', 'number'] : [undefined, 'undefined'],
    );
  });

  test('about an instruction that nothing leads to', () => {
    const { reason, instruction } = explainLog(read(kernel, 'unreachable'));
    expect([reason, instruction]).toEqual(['unreachable insn 2', { index: 2, text: '' }]);
  });

  test.each([
    ['poisoned_core', 'it needs a field, type or value that this kernel does not have'],
    ['poisoned_map', 'it uses map number 3, which is not created'],
    ['poisoned_kfunc', 'it calls the kernel function extern number 2, which this kernel does not have'],
  ])('about %s', (name, reason) => {
    expect(new VerifierError(-22, 'BPF_PROG_LOAD', 'program p', read(kernel, name)).reason).toBe(reason);
  });
});

test('every log is of a complaint known here', () => {
  const known = [...Object.keys(COMPLAINTS), 'unreachable', 'poisoned_core', 'poisoned_map', 'poisoned_kfunc'];
  const expected = KERNELS.flatMap((kernel) => known.map((name) => `${kernel}-${name}.log`));
  expect(readdirSync(folder).sort()).toEqual(expected.sort());
});

test('since 7.3 the kernel tells what led there', () => {
  const { report, source } = explainLog(read('7.3', 'null_check'));
  expect(report).toEqual({
    title: 'Register Type Safety: Invalid dereference',
    reason:
      'R0 may be NULL here (a nullable map value pointer). The program could dereference NULL on this path, ' +
      'so the verifier cannot prove this access is safe.',
    suggestion: 'Add a NULL check before the access and dereference the pointer only on the non-NULL path.',
    path: [
      {
        ...{ function: 'null_check', file: 'refused.c', line: 36, column: 24, instruction: 6 },
        event: 'update: R0 changed from uninitialized value to nullable map value from entries at offset 0',
      },
    ],
  });
  expect(source).toEqual({
    text: 'return entry->count;',
    file: 'refused.c',
    line: 38,
    column: 16,
    function: 'null_check',
  });
  expect(explainLog(read('7.3', 'out_of_bounds')).report?.path.map(({ instruction }) => instruction)).toEqual([
    7, 8, 12,
  ]);
});

test('the error says it in a few lines', () => {
  const message = (kernel: string) =>
    new VerifierError(-13, 'BPF_PROG_LOAD', 'program called', read(kernel, 'called')).message;
  const first = `program called is refused by the verifier: invalid access to map value, value_size=24 off=36 size=4; \
R2 max value is outside of the allowed memory range (EACCES)`;
  expect(message('6.18')).toBe(`${first}
  at refused.c:126: return entry->slots[skb->len & 7];
  at instruction 19: r0 = *(u32 *)(r2 +8), with R2=map_value(map=entries,ks=4,vs=24,smin=smin32=0,smax=umax=smax32=umax32=28,var_off=(0x0; 0x1c))
  advice: check the index, or mask it, so that every value of it lies within the value`);
  expect(message('5.10')).toBe(`${first}
  at return entry->slots[skb->len & 7];
  at instruction 19: r0 = *(u32 *)(r2 +8), with R2=map_value(id=0,off=0,ks=4,vs=24,umax_value=28,var_off=(0x0; 0x1c))
  advice: check the index, or mask it, so that every value of it lies within the value`);
});
