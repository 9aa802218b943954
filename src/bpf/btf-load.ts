import { Fd } from '../sys/fd.js';
import { Memory } from '../sys/memory.js';
import { EINVAL } from '../uapi/errno.js';
import { BTF_LOAD } from './attr.js';
import { encodeBtf } from './btf/encode.js';
import { sanitizeBtf } from './btf/sanitize.js';
import type { Btf } from './btf/types.js';
import { BpfError, UnsupportedError } from './error.js';
import { knowsBtf, unknownToKernel } from './features/btf.js';
import { withLog } from './log.js';
import { attempt } from './syscall.js';

/**
 * Gives types to the kernel (BPF_BTF_LOAD), for maps and programs to refer to. Kinds of types that this kernel does not
 * know are replaced by what it does; type ids stay.
 *
 * Throws UnsupportedError if the kernel has no BTF at all, BpfError for types that it refuses.
 */
export function loadBtf(btf: Btf): Fd {
  const data = encodeBtf(btf);
  const result = attemptBtf(data);
  if (result >= 0) return owned(result);
  if (result !== -EINVAL) throw new BpfError(result, BTF_LOAD.name, 'BTF');
  if (!knowsBtf()) throw new UnsupportedError('BTF');
  const unknown = unknownToKernel();
  return owned(unknown.size === 0 ? explain(data) : orExplain(encodeBtf(sanitizeBtf(btf, unknown))));
}

function owned(fd: number): Fd {
  return new Fd(fd, 'BTF');
}

function attemptBtf(data: Uint8Array): number {
  return attempt(BTF_LOAD, { btf: Memory.from(data), btfSize: data.length }).result;
}

function orExplain(data: Uint8Array): number {
  const result = attemptBtf(data);
  return result >= 0 ? result : explain(data);
}

/** Loads once more, for the log, whose last line says what was wrong. */
function explain(data: Uint8Array): number {
  const btf = Memory.from(data);
  const { result, log } = withLog((btfLogBuf, btfLogSize) => {
    const args = { btf, btfSize: data.length, btfLogLevel: 1, btfLogSize, btfLogBuf };
    const { result, attr } = attempt(BTF_LOAD, args);
    return { result, trueSize: attr.btfLogTrueSize };
  });
  if (result >= 0) return result;
  throw new BpfError(result, BTF_LOAD.name, 'BTF', log.trimEnd().split('\n').at(-1) || undefined);
}
