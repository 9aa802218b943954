#!/usr/bin/env node
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

/** Wrong arguments, told together with the usage. */
class UsageError extends Error {}

function main(args: readonly string[]): void {
  const { values, positionals } = parse(args);
  if (values.help === true) return void process.stdout.write(USAGE);
  const [command, path, ...more] = positionals;
  if (command !== 'types' || path === undefined || more.length > 0) throw new UsageError('give: types OBJECT.o');
  const { name, out = path.replace(/(\.o)?$/, '.ts') } = values;
  if (name !== undefined && !/^[A-Za-z_$][\w$]*$/.test(name))
    throw new UsageError(`${name} is no name of an interface`);
  const text = generateTypes(BpfObject.open(path).spec, name);
  if (out === '-') process.stdout.write(text);
  else write(out, text);
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
  process.stdout.write(`${path}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof NlbpfError) && !(error instanceof UsageError)) throw error;
  process.stderr.write(`nlbpf: ${error.message}\n${error instanceof UsageError ? `\n${USAGE}` : ''}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
