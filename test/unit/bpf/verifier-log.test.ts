import { describe, expect, test } from 'vitest';
import { VerifierError } from '../../../src/bpf/error.js';
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
    expect(explainLog(OLD)).toEqual({
      reason: REASON,
      instruction: INSTRUCTION,
      source: { text: 'return *(char *)data;' },
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
    expect(explainLog('unreachable insn 3\n')).toEqual({
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

test('the error is one line, with the whole log beside it', () => {
  const error = new VerifierError(-13, 'BPF_PROG_LOAD', 'program redirect', NEW);
  expect(error.message).toBe(
    `program redirect is refused by the verifier: ${REASON}, at tunnel.c:13 "return *(char *)data;", ` +
      'at instruction 1: r0 = *(u8 *)(r1 +0) (EACCES)',
  );
  expect(error.log).toBe(NEW);
});
