import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BpfObject } from './bpf/object.js';
import { GENERATED, generateTypes } from './bpf/types-generator.js';
import { SystemError } from './sys/errno.js';
import { NlbpfError } from './wire/error.js';

const USAGE = `Usage: nlbpf types OBJECT.o [--out FILE] [--name NAME]

Writes a TypeScript module with the types of the maps, programs and global variables of a BPF object, for
BpfObject.open<NAME>('OBJECT.o').

  --out FILE   default: OBJECT.ts beside the object; - for the standard output
  --name NAME  of the interface; default: that of the object, Tunnel for tunnel.o
`;

const OPTIONS = { out: { type: 'string' }, name: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

/** Where the command writes. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Wrong arguments, told together with the usage. */
class UsageError extends Error {}

/** Carries the command out; the exit status: 0, 1 when it failed, 2 for wrong arguments. */
export function run(args: readonly string[], output: Output): 0 | 1 | 2 {
  try {
    output.out(answer(args));
    return 0;
  } catch (error) {
    if (!(error instanceof NlbpfError) && !(error instanceof UsageError)) throw error;
    const isUsage = error instanceof UsageError;
    output.err(`nlbpf: ${error.message}\n${isUsage ? `\n${USAGE}` : ''}`);
    return isUsage ? 2 : 1;
  }
}

/** What is printed. */
function answer(args: readonly string[]): string {
  const { values, positionals } = parse(args);
  if (values.help === true) return USAGE;
  const [command, path, ...more] = positionals;
  if (command !== 'types' || path === undefined || more.length > 0) throw new UsageError('give: types OBJECT.o');
  const { name, out = path.replace(/(\.o)?$/, '.ts') } = values;
  if (name !== undefined && !/^[A-Za-z_$][\w$]*$/.test(name))
    throw new UsageError(`${name} is no name of an interface`);
  const text = generateTypes(BpfObject.open(path).spec, name);
  if (out === '-') return text;
  write(out, text);
  return `${out}\n`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Overwrites nothing but what it has made. */
function write(path: string, text: string): void {
  try {
    if (existsSync(path) && !readFileSync(path, 'utf8').startsWith(GENERATED)) {
      throw new UsageError(`${path} is there already, and not made by nlbpf: name another with --out`);
    }
    writeFileSync(path, text);
  } catch (error) {
    throw SystemError.from(error, path);
  }
}
