import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { grows, uapi } from '../support/uapi.js';
import { has } from './bpf/tools.js';

// Numbers are those of the kernel's headers, as a C compiler reads them; names that only a newer kernel has are left out.

/** Another folder than /usr/include, as of a newer kernel: make headers_install. */
const HEADERS = process.env['NLBPF_HEADERS'];
/** Files that are not called as the header is: linux/NAME.h. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  elf: ['elf.h'],
  errno: ['errno.h'],
  mount: ['sys/mount.h'],
  socket: ['sys/socket.h', 'linux/netlink.h', 'linux/if_packet.h'],
};

const all = await uapi();

/** What the headers say; a name that they do not have is left out. */
function valuesOf(
  headers: readonly string[],
  wanted: readonly string[],
  unknown = new Set<string>(),
): Map<string, bigint> {
  const known = wanted.filter((name) => !unknown.has(name));
  const lines = known.map((name) => `long long value_${name} = (long long)(${name});`);
  const source = [...headers.map((header) => `#include <${header}>`), ...lines].join('\n');
  const include = HEADERS === undefined ? [] : ['-isystem', HEADERS];
  const { stdout, stderr, status } = spawnSync(
    'clang-19',
    ['-w', '-ferror-limit=0', ...include, '-x', 'c', '-S', '-o', '-', '-'],
    { input: source, encoding: 'utf8' },
  );
  const undeclared = [...stderr.matchAll(/undeclared identifier '(\w+)'/g)].map(([, name = '']) => name);
  if (status !== 0 && undeclared.length === 0) throw new Error(stderr);
  if (status !== 0) return valuesOf(headers, known, new Set(undeclared));
  // `.quad 5`, and a zero as `.quad 0` in .bss.
  const found = stdout.matchAll(/^value_(\w+):\n\s+\.quad\s+(-?\d+)/gm);
  return new Map([...found].map(([, name = '', value = '']) => [name, BigInt(value)]));
}

/** In the header `~(...)`, as an int; the field has 16 bits. */
const NARROW = 'NLA_TYPE_MASK';

test.runIf(has('clang-19')).each([...all])('the numbers of uapi/%s are those of its header', (name, ours) => {
  const theirs = valuesOf(OTHERS[name] ?? [`linux/${name}.h`], [...ours.keys()]);
  expect(theirs.size).toBeGreaterThan(0);
  const wrong = [...theirs].filter(([constant, value]) => {
    const our = ours.get(constant)!;
    if (constant === NARROW) return our !== BigInt.asUintN(16, value);
    return grows(constant) ? our < value : our !== value;
  });
  expect(wrong).toEqual([]);
});
