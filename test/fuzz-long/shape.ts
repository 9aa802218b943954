import { NlbpfError } from '../../src/wire/error.js';

/** What an input led to, as text without its numbers: inputs that led to something new are worth damaging further. */
export function shapeOfError(error: NlbpfError): string {
  return `${error.name} ${error.message.replace(/".*"|0x[0-9a-f]+|\d+/gs, '#').slice(0, 120)}`;
}

export function shapeOf(value: unknown, depth = 4): string {
  if (value instanceof NlbpfError) return shapeOfError(value);
  if (typeof value !== 'object' || value === null) return typeof value;
  if (ArrayBuffer.isView(value)) return 'bytes';
  if (depth === 0) return 'more';
  if (Array.isArray(value))
    return `[${[...new Set(value.slice(0, 20).map((item) => shapeOf(item, depth - 1)))].join()}]`;
  return `{${Object.entries(value)
    .slice(0, 100)
    .map(([name, item]) => `${name.replace(/\d+/g, '#')}:${shapeOf(item, depth - 1)}`)
    .join()}}`;
}
