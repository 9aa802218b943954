import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as nlbpf from '../../../src/index.js';
import { ROOT } from '../../support/docs.js';

const document = readFileSync(`${ROOT}docs/errors.md`, 'utf8');
const undocumented = (names: readonly string[]): string[] => names.filter((name) => !document.includes(`\`${name}\``));

test('every code of our own is in docs/errors.md', () => {
  const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const codes = sources.flatMap(
    (name) => readFileSync(`${ROOT}src/${name}`, 'utf8').match(/\b(ERR|NLBPF)_[A-Z_]+(?=')/g) ?? [],
  );
  expect(codes).not.toEqual([]);
  expect(undocumented([...new Set(codes)])).toEqual([]);
});

test('every class of errors is in docs/errors.md', () => {
  const classes = Object.entries(nlbpf).filter(
    ([, value]) => (value as { prototype?: unknown }).prototype instanceof Error,
  );
  expect(classes).not.toEqual([]);
  expect(undocumented(classes.map(([name]) => name))).toEqual([]);
});
