import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The tools that kernel tests compare with or run children by, and the Debian packages that have them. */
const ORACLES: Readonly<Record<string, string>> = {
  bpftool: 'bpftool',
  findmnt: 'util-linux',
  ip: 'iproute2',
  nsenter: 'util-linux',
  ping: 'iputils-ping',
  setpriv: 'util-linux',
  strace: 'strace',
  tc: 'iproute2',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
};

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why the kernel tests cannot run here; undefined when they can. */
export function whyNoKernelTests(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'they need root on Linux (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_BPF)';
  }
  const missing = Object.keys(ORACLES).filter((command) => !isOnPath(command));
  if (missing.length === 0) return undefined;
  const packages = new Set(missing.map((command) => ORACLES[command]));
  return `they compare with ${missing.join(', ')} (apt-get install ${[...packages].join(' ')})`;
}
