import { readFileSync } from 'node:fs';
import type { Codec } from '../../wire/codec.js';
import { EncodeError } from '../../wire/error.js';

/** The kernel gives each CPU's value a multiple of this many bytes. */
const ALIGNMENT = 8;

/** Bytes from one CPU's value to the next. */
export function strideOf(valueSize: number): number {
  return Math.ceil(valueSize / ALIGNMENT) * ALIGNMENT;
}

/** The codec of a per-CPU map's value: an array of the values of all possible CPUs, each of `size` bytes. */
export function perCpu<Out, In>(
  value: Codec<Out, In>,
  size: number,
  cpus = possibleCpus(),
): Codec<Out[], readonly In[]> {
  const stride = strideOf(size);
  return {
    decode: (reader, start) =>
      Array.from({ length: cpus }, (_, cpu) => value.decode(reader, start + cpu * stride, start + cpu * stride + size)),
    encode(writer, values) {
      if (!Array.isArray(values) || values.length !== cpus) {
        throw new EncodeError(`must be an array of ${cpus}, one value for each possible CPU`);
      }
      for (const item of values as readonly In[]) {
        value.encode(writer, item);
        writer.align(ALIGNMENT);
      }
    },
  };
}

let possible: number | undefined;

/** How many CPUs could ever be present: the highest number in `0-3` or `0,2-7`, and one. */
export function possibleCpus(): number {
  possible ??= countCpus(readFileSync('/sys/devices/system/cpu/possible', 'latin1'));
  return possible;
}

/** Of the text of /sys/devices/system/cpu/possible. */
export function countCpus(list: string): number {
  return Number(/(\d+)\s*$/.exec(list)?.[1] ?? 0) + 1;
}
