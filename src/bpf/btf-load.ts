import { Fd } from '../sys/fd.js';
import { Memory } from '../sys/memory.js';
import { EINVAL } from '../uapi/errno.js';
import { BTF_LOAD } from './attr.js';
import { encodeBtf } from './btf/encode.js';
import { sanitizeBtf } from './btf/sanitize.js';
import type { Btf } from './btf/types.js';
import { BpfError, UnsupportedError } from './error.js';
import { knowsBtf, tokenArgs, unknownToKernel } from './features/btf.js';
import { withLog } from './log.js';
import { attempt } from './syscall.js';
import type { Token } from './token.js';

/**
 * Gives types to the kernel (BPF_BTF_LOAD), for maps and programs to refer to. Kinds of types that this kernel does not
 * know are replaced by what it does; type ids stay. `token` is what permits it.
 *
 * Throws UnsupportedError if the kernel has no BTF at all, BpfError for types that it refuses.
 */
export function loadBtf(btf: Btf, token?: Token): Fd {
  const data = encodeBtf(btf);
  const result = attemptBtf(data, token);
  if (result >= 0) return owned(result);
  if (result !== -EINVAL) throw new BpfError(result, BTF_LOAD.name, 'BTF');
  if (!knowsBtf(token)) throw new UnsupportedError('BTF');
  const unknown = unknownToKernel(token);
  return owned(unknown.size === 0 ? explain(data, token) : orExplain(encodeBtf(sanitizeBtf(btf, unknown)), token));
}

function owned(fd: number): Fd {
  return new Fd(fd, 'BTF');
}

function attemptBtf(data: Uint8Array, token: Token | undefined): number {
  return attempt(BTF_LOAD, { btf: Memory.from(data), btfSize: data.length, ...tokenArgs(token) }).result;
}

function orExplain(data: Uint8Array, token: Token | undefined): number {
  const result = attemptBtf(data, token);
  return result >= 0 ? result : explain(data, token);
}

/** Loads once more, for the log, whose last line says what was wrong. */
function explain(data: Uint8Array, token: Token | undefined): number {
  const btf = Memory.from(data);
  const { result, log } = withLog((btfLogBuf, btfLogSize) => {
    const args = { btf, btfSize: data.length, btfLogLevel: 1, btfLogSize, btfLogBuf, ...tokenArgs(token) };
    const { result, attr } = attempt(BTF_LOAD, args);
    return { result, trueSize: attr.btfLogTrueSize };
  });
  if (result >= 0) return result;
  throw new BpfError(result, BTF_LOAD.name, 'BTF', log.trimEnd().split('\n').at(-1) || undefined);
}
