import { expect, test } from 'vitest';
import { NetNs } from '../../../src/sys/netns.js';

test.each(['', '.', '..', 'a/b', 'a\0b', 'x'.repeat(256)])(
  '%j is refused as a name before anything is done',
  (name) => {
    expect(() => NetNs.create(name)).toThrow('name: not a name for a network namespace');
    expect(() => NetNs.delete(name)).toThrow('name: not a name for a network namespace');
  },
);
