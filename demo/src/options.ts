import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run demo -- [OPTIONS]

Takes packets for a virtual IP address through a tunnel, by BPF at tc: sets up two network namespaces, links, tunnels,
programs and maps, sends pings, shows what happened hop by hop, and cleans up. Needs root.

  --tunnel ipip|ip6tnl         the outer header: IPv4, or IPv6 around IPv4 and IPv6 (default ipip)
  --direction ingress|egress   redirect at ve1's ingress, or at ve2's egress, where the host pings too
                               (default ingress)
  --case all                   all four of them, one after another
  --datapath driver|bpf|auto   tunnel devices of the kernel, or encapsulation in BPF; auto takes the driver where
                               there is one (default auto)
  --count N                    pings from each place to each address (default 3)
  --pcap FILE                  write all that was captured, as pcapng
  --json                       print one JSON document instead of text
  --host                       let the current network namespace be the host side, instead of one made for it
  --keep                       leave everything in place at the end, to look at; --clean removes it
  --clean                      remove what an earlier run left
  --help                       this text
`;

export type Tunnel = 'ipip' | 'ip6tnl';
export type Direction = 'ingress' | 'egress';
export type Datapath = 'driver' | 'bpf';

/** One of the four that the demo can show. */
export interface Case {
  readonly tunnel: Tunnel;
  readonly direction: Direction;
}

export interface Options {
  readonly cases: readonly Case[];
  readonly datapath: Datapath | 'auto';
  readonly count: number;
  readonly pcap: string | undefined;
  readonly json: boolean;
  readonly host: boolean;
  readonly keep: boolean;
  readonly clean: boolean;
  readonly help: boolean;
}

/** The command line does not make sense; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function oneOf<const T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`--${name} is one of ${allowed.join(', ')}, not '${value}'`);
  return found;
}

const ALL: readonly Case[] = (['ipip', 'ip6tnl'] as const).flatMap((tunnel) =>
  (['ingress', 'egress'] as const).map((direction) => ({ tunnel, direction })),
);

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  if (values.pcap === '') throw new UsageError('--pcap needs the name of a file');
  const all = values.case !== undefined && oneOf('case', values.case, ['all']) === 'all';
  if (all && (values.tunnel ?? values.direction) !== undefined) {
    throw new UsageError('--case all shows every tunnel and direction; leave --tunnel and --direction out');
  }
  if (all && values.keep)
    throw new UsageError('--keep leaves one case in place; choose it by --tunnel and --direction');
  const count = Number(values.count ?? 3);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new UsageError(`--count is a number from 1 to 1000, not '${values.count}'`);
  }
  const one: Case = {
    tunnel: oneOf('tunnel', values.tunnel ?? 'ipip', ['ipip', 'ip6tnl']),
    direction: oneOf('direction', values.direction ?? 'ingress', ['ingress', 'egress']),
  };
  return {
    cases: all ? ALL : [one],
    datapath: oneOf('datapath', values.datapath ?? 'auto', ['driver', 'bpf', 'auto']),
    count,
    // The working directory does not survive the change of mount namespaces.
    pcap: values.pcap === undefined ? undefined : resolve(values.pcap),
    json: values.json ?? false,
    host: values.host ?? false,
    keep: values.keep ?? false,
    clean: values.clean ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        tunnel: { type: 'string' },
        direction: { type: 'string' },
        case: { type: 'string' },
        datapath: { type: 'string' },
        count: { type: 'string' },
        pcap: { type: 'string' },
        json: { type: 'boolean' },
        host: { type: 'boolean' },
        keep: { type: 'boolean' },
        clean: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    // Behind the first sentence comes advice on quoting.
    throw new UsageError((error as Error).message.split(/\.?\n|\. /)[0]!);
  }
}
