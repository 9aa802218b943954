import { NlbpfError } from 'nlbpf';
import { clean } from './lab/clean.js';
import { readState } from './lab/state.js';
import { describe } from './net/packet.js';
import { writePcapng } from './net/pcapng.js';
import { HELP, type Options, parseOptions, UsageError } from './options.js';
import { Output } from './report/output.js';
import { type CaseResult, runCase } from './run-case.js';

/** 0: all as it should be. 1: something was not. 2: the command line does not make sense. 130: interrupted. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (process.platform !== 'linux') return refuse('the demo needs Linux');
  if (process.geteuid?.() !== 0)
    return refuse('the demo needs root: it makes network namespaces and loads BPF programs');
  if (options.clean) {
    clean((what) => console.log(`removed: ${what}`));
    return 0;
  }
  if (readState()?.kept !== undefined) return refuse('an earlier run was kept; remove it first, by --clean');
  clean((what) => console.error(`left by an earlier run, removed: ${what}`));
  return run(options);
}

function refuse(why: string): number {
  console.error(why);
  return 1;
}

async function run(options: Options): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  // Not once: npm passes a Ctrl-C on that the terminal has sent already, and the second would end the cleaning up.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  // As when the output goes into head(1).
  process.stdout.on('error', interrupt);
  const output = new Output(options.json);
  const results: CaseResult[] = [];
  try {
    for (const [index, kase] of options.cases.entries()) {
      output.case(index + 1, options.cases.length, kase);
      results.push(await runCase(kase, options, output, interrupted.signal));
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    console.error(output.clean ? 'interrupted; everything was removed' : 'interrupted');
    return 130;
  }
  const passed = results.filter(({ ok }) => ok).length;
  output.summary(passed, options.cases.length);
  if (options.pcap !== undefined)
    writePcapng(
      options.pcap,
      results.flatMap(({ captured }) => captured),
    );
  if (options.json) console.log(JSON.stringify(results.map(document), null, 2));
  return passed === options.cases.length && output.clean ? 0 : 1;
}

/** A result for --json: packets as text. */
function document({ kase, captured, ...rest }: CaseResult): object {
  const packets = captured.map(({ side, device, direction, packet, dissected }) => ({
    time: packet.time.toString(),
    netns: side,
    device,
    direction,
    text: describe(dissected),
  }));
  return { ...kase, ...rest, captured: packets };
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message} (--help shows the options)`);
  else if (error instanceof NlbpfError || error instanceof Error) console.error(`${error.name}: ${error.message}`);
  else throw error;
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
