import { readFileSync } from 'node:fs';
import { SystemError } from '../../sys/errno.js';
import { ObjectError } from '../object-error.js';

const PATH = '/proc/kallsyms';

/** Lines of /proc/kallsyms: `ffffffff81000000 T name` and `\t[module]`. */
export function readKallsyms(): string {
  try {
    return readFileSync(PATH, 'latin1');
  } catch (error) {
    throw SystemError.from(error, PATH);
  }
}

/**
 * Addresses of kernel symbols by name; those that are not there are left out.
 *
 * @throws ObjectError for a name that stands for several addresses.
 */
export function findAddresses(text: string, names: Iterable<string>): Map<string, bigint> {
  const addresses = new Map<string, bigint>();
  for (const name of names) {
    // Optimised copies of a function have a suffix of their own, which the linker has added.
    for (let at = text.indexOf(` ${name}`); at >= 0; at = text.indexOf(` ${name}`, at + 1)) {
      const next = text.slice(at + 1 + name.length, at + 8 + name.length);
      if (!/^(\s|$|\.llvm\.)/.test(next)) continue;
      const line = text.lastIndexOf('\n', at) + 1;
      const address = BigInt(`0x${text.slice(line, text.indexOf(' ', line))}`);
      const known = addresses.get(name) ?? address;
      if (known !== address) {
        const both = `0x${known.toString(16)} and 0x${address.toString(16)}`;
        throw new ObjectError(
          'ERR_UNRESOLVED',
          `extern ${name}`,
          `the kernel has several symbols of that name: ${both}`,
        );
      }
      addresses.set(name, address);
    }
  }
  return addresses;
}
