import { once } from './once.js';

/** Names a constant (a function, a codec) in generated text, and gives that name. */
export type Use = (constant: unknown) => string;

/**
 * Turns source text into a function, when it is first asked for. `build` writes one JavaScript expression; what it needs
 * besides, it names through `use`. The text is made from schemas alone and never from data; this is the only
 * `new Function` in the library. `name` shows up in stack traces and CPU profiles.
 */
export function compile<F extends object>(name: string, build: (use: Use) => string): () => F {
  return once(() => make<F>(name, build));
}

function make<F>(name: string, build: (use: Use) => string): F {
  const constants: unknown[] = [];
  const source = build((constant) => {
    const known = constants.indexOf(constant);
    return `c${known < 0 ? constants.push(constant) - 1 : known}`;
  });
  const names = constants.map((_, index) => `c${index}`);
  return new Function(...names, `'use strict'; return ${source}\n//# sourceURL=schema:${name}`)(...constants) as F;
}
