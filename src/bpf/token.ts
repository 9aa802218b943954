import { closeSync, constants, openSync } from 'node:fs';
import { SystemError } from '../sys/errno.js';
import { Fd } from '../sys/fd.js';
import { EBADF, EINVAL, ENOENT, EOPNOTSUPP, EPERM } from '../uapi/errno.js';
import { TOKEN_CREATE } from './attr.js';
import { BpfError, UnsupportedError } from './error.js';
import { attempt } from './syscall.js';

/** What lends its owner in a user namespace what BPF a mount of bpffs was given (`delegate_cmds` and so on). */
export interface Token {
  readonly fd: number;
}

/** bpf_token_create, kernel/bpf/token.c (v6.12). */
const HINTS: Readonly<Record<number, string>> = {
  [-EINVAL]: 'it is not where a BPF file system is mounted',
  [-ENOENT]: 'it was mounted without delegating anything (delegate_cmds, delegate_maps, delegate_progs)',
  [-EPERM]: 'it belongs to another user namespace, or CAP_BPF is missing in this one',
  [-EOPNOTSUPP]: 'it belongs to the first user namespace, where capabilities do',
};

/**
 * BPF_TOKEN_CREATE (Linux 6.9): a token of the BPF file system mounted at `path`. Throws BpfError; UnsupportedError for a
 * kernel without tokens; SystemError when there is no such directory.
 */
export function createToken(path: string): Fd {
  const directory = openDirectory(path);
  try {
    const { result } = attempt(TOKEN_CREATE, { bpffsFd: directory });
    if (result >= 0) return new Fd(result, `BPF token of ${path}`);
    if (result === -EINVAL && !hasTokens()) throw new UnsupportedError('BPF tokens');
    throw new BpfError(result, TOKEN_CREATE.name, path, HINTS[result]);
  } finally {
    closeSync(directory);
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw SystemError.from(error, path);
  }
}

/** Whether it is the descriptor that the kernel finds fault with. */
function hasTokens(): boolean {
  return attempt(TOKEN_CREATE, { bpffsFd: 0xffff_ffff }).result === -EBADF;
}
