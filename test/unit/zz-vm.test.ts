import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { test, expect } from 'vitest';
import { parseBtf } from '../../src/bpf/btf/parse.js';
import { parseElf } from '../../src/bpf/elf.js';
import { printC } from '../../src/bpf/btf/c-printer.js';
import { resolve } from '../../src/bpf/btf/resolve.js';
function shape(btf: any, id: number): string {
  const { type } = resolve(btf, id) as any;
  if (type.kind === 'array') return `${shape(btf, type.type)}[${type.length}]`;
  if (type.kind === 'struct' || type.kind === 'union') return type.name === '' ? body(btf, type) : type.name.replace(/___\d+$/,'');
  if (type.kind === 'enum' || type.kind === 'enum64') return `${type.size} bytes of ${type.values.map(({ name, value }: any) => `${name.replace(/___\d+$/,'')}=${value}`)}`;
  return `${type.kind} ${'size' in type ? type.size : type.name}`;
}
const body = (btf: any, { kind, size, members }: any): string =>
  `${kind} of ${size} {${members.map((m: any) => `${m.name}@${m.bitOffset}:${m.bitSize} ${shape(btf, m.type)}`).join('; ')}}`;
function composites(btf: any) {
  const found = new Map<string, string>(); const enums = new Set(btf.types.filter((t: any) => t.kind === 'enum' || t.kind === 'enum64' || t.kind==='fwd').map((t: any) => t.name)); const bare = new Set<string>(); const twice = new Set<string>();
  for (const type of btf.types) {
    if ((type.kind !== 'struct' && type.kind !== 'union') || type.name === '') continue;
    const name = `${type.kind} ${type.name}`;
    if (bare.has(type.name) || enums.has(type.name)) { twice.add(`struct ${type.name}`); twice.add(`union ${type.name}`); } bare.add(type.name);
    found.set(name, body(btf, type));
  }
  for (const n of twice) found.delete(n);
  return found;
}
test('vm', () => {
  const btf = parseBtf(new Uint8Array(readFileSync(process.env['BTFFILE']!)));
  const want = composites(btf);
  const names = [...want.keys()];
  const src = printC(btf) + names.map((n, i) => `${n} nlbpf_q${i};\n`).join('');
  writeFileSync('/tmp/cp/all.c', src);
  const r = spawnSync('clang-19', ['-target','bpf','-g','-O0','-c','-w','/tmp/cp/all.c','-o','/tmp/cp/all.o']);
  console.log(r.stderr.toString().slice(0, 2000));
  const got = composites(parseBtf(parseElf(new Uint8Array(readFileSync('/tmp/cp/all.o'))).sections.find((s) => s.name === '.BTF')!.data));
  let same = 0, missing = 0; const bad: string[] = [];
  for (const [n, t] of want) { const g = got.get(n); if (g === undefined) missing++; else if (g === t) same++; else bad.push(`${n}\n  want ${t}\n  got  ${g}`); }
  console.log(want.size, 'same', same, 'missing', missing, 'bad', bad.length);
  console.log(bad.slice(0, 12).map((b)=>b.slice(0,3000)).join('\n'));
}, 300000);
