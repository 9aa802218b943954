import { expect, test } from 'vitest';
import { resolve } from '../../../src/bpf/btf/resolve.js';
import { contextArguments, typeContexts } from '../../../src/bpf/object/context-arguments.js';
import { link } from '../../../src/bpf/object/link.js';
import { parseObject } from '../../../src/bpf/object/parse.js';
import { objectBytes } from '../../support/objects.js';

const object = parseObject(objectBytes('context'));
const tagged = contextArguments(object.btf!);

/** What the functions of a program take, once it is typed: names of structs pointed to, or kinds. */
function parameters(name: string, type?: number): { before: string[][]; after: string[][] } {
  const program = object.programs.find((each) => each.name === name)!;
  const types = [...object.btf!.types];
  const { funcInfo } = link(program);
  const btf = { types };
  const shown = (id: number): string[] => {
    const func = types[id]!;
    const proto = func.kind === 'func' ? types[func.type] : undefined;
    return (proto?.kind === 'funcProto' ? proto.params : []).map((param) => {
      const { type } = resolve(btf, param.type);
      const target = type.kind === 'ptr' ? resolve(btf, type.type).type : type;
      return target.name || target.kind;
    });
  };
  const after = typeContexts(types, type ?? program.type, funcInfo, tagged);
  return { before: funcInfo.map(({ typeId }) => shown(typeId)), after: after.map(({ typeId }) => shown(typeId)) };
}

test.each([
  ['probed', [['void'], ['int', 'void']], [['void'], ['int', 'bpf_user_pt_regs_t']]],
  ['traced', [['void'], ['int', 'void']], [['void'], ['int', 'bpf_raw_tracepoint_args']]],
  ['classified', [['__sk_buff'], ['void', '__sk_buff']], [['__sk_buff'], ['__sk_buff', '__sk_buff']]],
])('%s: tagged parameters get the type that the kernel expects', (name, before, after) => {
  expect(parameters(name)).toEqual({ before, after });
});

test('types of programs without a struct of their own stay', () => {
  const { before, after } = parameters('probed', 26);
  expect(after).toEqual(before);
});

test('the types that were there keep their numbers', () => {
  const types = [...object.btf!.types];
  const { funcInfo } = link(object.programs[0]!);
  const typed = typeContexts(types, object.programs[0]!.type, funcInfo, tagged);
  expect(types.slice(0, object.btf!.types.length)).toEqual(object.btf!.types);
  expect(typed[0]).toEqual(funcInfo[0]);
  expect(typed[1]!.typeId).toBeGreaterThanOrEqual(object.btf!.types.length);
});
