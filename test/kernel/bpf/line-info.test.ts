import { expect, test } from 'vitest';
import type { Btf } from '../../../src/bpf/btf/types.js';
import { loadBtf } from '../../../src/bpf/btf-load.js';
import { VerifierError } from '../../../src/bpf/error.js';
import { BpfProgram } from '../../../src/bpf/program/program.js';
import { StringTable } from '../../../src/bpf/string-table.js';
import { BTF_FUNC_GLOBAL, BTF_INT_SIGNED } from '../../../src/uapi/btf.js';

const text = '\0src/bad.c\0\treturn *packet;\0';
const [file, line] = [text.indexOf('src'), text.indexOf('\treturn')];
const btf: Btf = {
  strings: new StringTable(Buffer.from(text)),
  types: [
    { kind: 'void', name: '' },
    { kind: 'int', name: 'int', size: 4, encoding: BTF_INT_SIGNED, bitOffset: 0, bits: 32 },
    { kind: 'funcProto', name: '', type: 1, params: [] },
    { kind: 'func', name: 'nlbpf_bad', type: 2, linkage: BTF_FUNC_GLOBAL },
  ],
};
/** r0 = 0; r0 = *(u8 *)(r2 + 0); exit */
const instructions = Uint8Array.from([
  0xb7, 0, 0, 0, 0, 0, 0, 0, 0x71, 0x20, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0,
]);

test('a refused program with line info is told by its C source line', () => {
  using types = loadBtf(btf);
  const options = {
    name: 'nlbpf_bad',
    type: 'sched_cls',
    instructions,
    btf: types,
    funcInfo: [{ instruction: 0, typeId: 3 }],
    lineInfo: [{ instruction: 0, fileNameOff: file, lineOff: line, line: 42, column: 3 }],
  } as const;
  let error: unknown;
  try {
    BpfProgram.load(options);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(VerifierError);
  const { source, reason, instruction, message } = error as VerifierError;
  expect([source?.text, reason, instruction?.index]).toEqual(['return *packet;', 'R2 !read_ok', 1]);
  // Kernels before 6.9 do not say in which file and line it is.
  if (source?.file !== undefined) {
    expect([source.file, source.line]).toEqual(['bad.c', 42]);
    expect(message.split('\n').slice(0, 3)).toEqual([
      'program nlbpf_bad is refused by the verifier: R2 !read_ok (EACCES)',
      expect.stringMatching(/^ {2}at bad\.c:42(:3)?: return \*packet;$/),
      '  at instruction 1: r0 = *(u8 *)(r2 +0), with R0=0',
    ]);
  }
});
