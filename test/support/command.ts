import { spawnSync } from 'node:child_process';

/** Runs a tool that serves as an oracle, in the namespaces of this thread, and answers what it printed. */
export function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stderr}${stdout}`}`);
  return stdout;
}

/** The same, for a tool that prints JSON: `ip -j`, `tc -j`, `bpftool -j`. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the tool's, and each test knows the part it reads
export function runJson(command: string, ...args: string[]): any {
  const output = run(command, ...args);
  return output.trim() === '' ? [] : JSON.parse(output);
}
