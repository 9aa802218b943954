import { expect, test } from 'vitest';
import { HELP, parseOptions, UsageError } from '../../../demo/src/options.js';

const USAGE: readonly (readonly [args: string, message: string])[] = [
  ['--tunnel gre', "--tunnel is one of ipip, ip6tnl, not 'gre'"],
  ['--direction both', "--direction is one of ingress, egress, not 'both'"],
  ['--datapath fast', "--datapath is one of driver, bpf, auto, not 'fast'"],
  ['--case 3', "--case is one of all, not '3'"],
  ['--case all --keep', '--keep leaves one case in place; choose it by --tunnel and --direction'],
  ['--case all --tunnel ipip', '--case all shows every tunnel and direction; leave --tunnel and --direction out'],
  ['--count 0', "--count is a number from 1 to 1000, not '0'"],
  ['--count many', "--count is a number from 1 to 1000, not 'many'"],
  ['--count -5', "Option '--count' argument is ambiguous"],
  ['--count', "Option '--count <value>' argument missing"],
  ['--pcap=', '--pcap needs the name of a file'],
  ['--frobnicate', "Unknown option '--frobnicate'"],
  ['ipip', "Unexpected argument 'ipip'"],
];

test.each(USAGE)('%s is refused', (args, message) => {
  const parsed = () => parseOptions(args.split(' '));
  expect(parsed).toThrow(UsageError);
  expect(parsed).toThrow(message);
});

test('every option is told of, in lines that fit', () => {
  const options = ['tunnel', 'direction', 'case', 'datapath', 'count', 'pcap', 'json', 'host', 'keep', 'clean', 'help'];
  expect(HELP.match(/^ {2}--\w+/gm)).toEqual(options.map((name) => `  --${name}`));
  for (const line of HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});
