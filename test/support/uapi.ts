import { readdirSync } from 'node:fs';
import { extname } from 'node:path';

const folder = new URL('../../src/uapi/', import.meta.url);

/** src/uapi/NAME: as TypeScript where these tests are, as JavaScript where they are compiled. */
export const importUapi = (name: string): Promise<Record<string, unknown>> =>
  import(/* @vite-ignore */ new URL(name + extname(import.meta.url), folder).href);

/** The numbers of each file of src/uapi, by the file's name without ending, and by their own. */
export async function uapi(): Promise<Map<string, ReadonlyMap<string, bigint>>> {
  const found = new Map<string, ReadonlyMap<string, bigint>>();
  for (const file of readdirSync(folder).filter((name) => /^\w+\.[jt]s$/.test(name))) {
    const name = file.slice(0, -3);
    const entries = Object.entries(await importUapi(name));
    found.set(name, new Map(entries.flatMap(([key, value]) => (isNumber(value) ? [[key, BigInt(value)]] : []))));
  }
  return found;
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

/** Covers what there is so far: greater in newer kernels. */
export const grows = (name: string): boolean => /_(MASK|MAX)$/.test(name);
