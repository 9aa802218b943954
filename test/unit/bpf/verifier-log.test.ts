import { describe, expect, test } from 'vitest';
import type { Btf } from '../../../src/bpf/btf/types.js';
import { VerifierError } from '../../../src/bpf/error.js';
import { factsOf } from '../../../src/bpf/load/explain.js';
import type { Code } from '../../../src/bpf/spec.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { explainLog } from '../../../src/bpf/verifier-log.js';

const COUNTERS = 'processed 12 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 3 mark_read 4';

/** Kernel 5.10: the source line stands alone, registers stand on lines of their own. */
const OLD = `Validating main() func#0...
0: R1=ctx(id=0,off=0,imm=0) R10=fp0
; void *data = (void *)(long)ctx->data;
0: (61) r1 = *(u32 *)(r1 +76)
; return *(char *)data;
1: R1_w=pkt(id=0,off=0,r=0,imm=0) R10=fp0
1: (71) r0 = *(u8 *)(r1 +0)
invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
R1 offset is outside of the packet
${COUNTERS}
`;

/** Kernel 6.12: file and line after the source, registers after the instruction. */
const NEW = `0: R1=ctx() R10=fp0
; void *data = (void *)(long)ctx->data; @ tunnel.c:12
0: (61) r1 = *(u32 *)(r1 +76)         ; R1_w=pkt(r=0)
; return *(char *)data; @ tunnel.c:13
1: (71) r0 = *(u8 *)(r1 +0)
invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
R1 offset is outside of the packet
verification time 40 usec
stack depth 0
${COUNTERS}
`;

const REASON = 'invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0); R1 offset is outside of the packet';
const INSTRUCTION = { index: 1, text: 'r0 = *(u8 *)(r1 +0)' };

describe('a verifier log', () => {
  test('of 5.10 names the reason, the instruction and the source', () => {
    expect(explainLog(OLD)).toMatchObject({
      reason: REASON,
      instruction: INSTRUCTION,
      source: { text: 'return *(char *)data;' },
      registers: { R1: 'pkt(id=0,off=0,r=0,imm=0)', R10: 'fp0' },
      counters: { insns: 12, limit: 1000000, max_states_per_insn: 1, total_states: 2, peak_states: 3, mark_read: 4 },
    });
  });

  test('of 6.12 names the file and the line as well', () => {
    expect(explainLog(NEW)).toMatchObject({
      reason: REASON,
      instruction: INSTRUCTION,
      source: { text: 'return *(char *)data;', file: 'tunnel.c', line: 13 },
    });
  });

  test('without instructions names the one in the reason', () => {
    expect(explainLog('unreachable insn 3\n')).toMatchObject({
      reason: 'unreachable insn 3',
      instruction: { index: 3, text: '' },
      source: undefined,
      counters: {},
    });
  });

  test('of a loop ends in its reason, not in the states before it', () => {
    const log = `5: (15) if r1 == 0x0 goto pc-1\nfrom 5 to 5: R1=0 R10=fp0\n5: (15) if r1 == 0x0 goto pc-1
infinite loop detected at insn 5
cur state: R1=0 R10=fp0
${COUNTERS}`;
    expect(explainLog(log).reason).toMatch(/^infinite loop detected at insn 5/);
  });

  test.each(['', '\n\n', 'x', ': (zz) ', '1: (', '; ', 'processed', '\0\uFFFD'.repeat(9)])('of %j ends well', (log) => {
    expect(explainLog(log).reason).not.toBe('');
  });
});

test('the error has a line each for reason, source, instruction and advice, with the whole log beside them', () => {
  const error = new VerifierError(-13, 'BPF_PROG_LOAD', 'program redirect', NEW);
  expect(error.message.split('\n')).toEqual([
    `program redirect is refused by the verifier: ${REASON} (EACCES)`,
    '  at tunnel.c:13: return *(char *)data;',
    '  at instruction 1: r0 = *(u8 *)(r1 +0), with R1=pkt(r=0)',
    '  advice: compare the end of what is read with data_end first, right before reading',
  ]);
  expect(error.log).toBe(NEW);
});

describe('what an object knows', () => {
  const text = '\0dir/p.c\0  f(x);\0';
  const at = (part: string): number => text.indexOf(part);
  const btf: Btf = {
    strings: new StringTable(Buffer.from(text)),
    types: [{ kind: 'void', name: '' }],
  };
  const code: Code = {
    instructions: new Uint8Array(80),
    references: [{ instruction: 4, map: 'table' }],
    externs: [{ instruction: 6, name: 'bpf_absent', weak: true }],
    coreRelocations: [],
    funcInfo: [],
    lineInfo: [{ instruction: 1, fileNameOff: at('dir'), lineOff: at('  f(x)'), line: 5, column: 3 }],
  };
  const refused = (index: number, reason: string): VerifierError =>
    new VerifierError(-22, 'BPF_PROG_LOAD', 'program p', `${index}: (85) call unknown#1\n${reason}\n`).with(
      factsOf(btf, { code, missing: new Map([[2, 'the offset of struct s.member: there is no struct s']]) }),
    );

  test.each([
    [2, 195896080, 'it needs the offset of struct s.member: there is no struct s'],
    [3, 195896080, 'it needs the offset of struct s.member: there is no struct s'],
    [4, 2001000000, 'it uses map table, which is not created'],
    [6, 2002000001, 'it calls the kernel function bpf_absent, which this kernel does not have'],
  ])('names what instruction %s is missing', (index, number, reason) => {
    const error = refused(index, `invalid func unknown#${number}`);
    expect(error.reason).toBe(reason);
    expect(error.message.split('\n').slice(0, 2)).toEqual([
      `program p is refused by the verifier: ${reason} (EINVAL)`,
      '  at dir/p.c:5:3: f(x);',
    ]);
  });

  test('leaves other reasons alone, and instructions before the first line', () => {
    const error = refused(0, 'R7 !read_ok');
    expect([error.reason, error.source]).toEqual(['R7 !read_ok', undefined]);
  });
});
