/** What to do about the most common complaints, for kernels that do not say it themselves. */
const SUGGESTIONS: readonly (readonly [RegExp, string])[] = [
  [/_or_null'?/, 'compare the pointer with NULL first, and use it on the path where it is not'],
  [
    /^invalid access to map (value|key)/,
    'check the index, or mask it, so that every value of it lies within the value',
  ],
  [/^invalid access to packet/, 'compare the end of what is read with data_end first, right before reading'],
  [/^Unreleased reference/, 'release it on every path to the exit, also where the program returns early'],
  [/^R\d+ !read_ok/, 'give it a value on every path to here; calls leave R1 to R5 without one'],
  [
    /^invalid (indirect read|read|variable-offset \w+|write|stack)\b.* stack|^invalid stack/,
    'keep to what the program has written to its 512 bytes of stack',
  ],
  [/^infinite loop detected/, 'let every turn of the loop change a value that ends it'],
  [
    /^BPF program is too large|jumps is too complex/,
    'make loops shorter, take them out of each other, or use bpf_loop (Linux 5.17)',
  ],
  [/GPL-restricted|GPL.only/i, 'give section license a text such as "GPL" or "Dual MIT/GPL"'],
  [
    /^unknown func|cannot use helper/,
    'use another helper, or another type of program: bpftool feature probe lists which has which',
  ],
  [/^At program exit/, 'return what this type of program may return'],
  [/^unreachable insn/, 'remove what nothing leads to'],
  [
    /^invalid bpf_context access/,
    'this type of program may not read or write this field of its context, or not in this size',
  ],
];

/** In one clause; undefined for an uncommon complaint. */
export function suggestionFor(reason: string): string | undefined {
  return SUGGESTIONS.find(([pattern]) => pattern.test(reason))?.[1];
}
