import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { DOCUMENTS, ROOT } from '../../support/docs.js';

const read = (name: string): string => readFileSync(ROOT + name, 'utf8');

test.each(DOCUMENTS)('the links of %s lead somewhere', (name) => {
  const targets = [...read(name).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target = '']) => target);
  const dead = targets.filter((target) => !target.includes('://') && !existsSync(join(ROOT, dirname(name), target)));
  expect(dead).toEqual([]);
});

test('the English and the Chinese walk-through name the same commands, addresses and programs', () => {
  const codeIn = (name: string): string[] => [
    ...new Set([...read(name).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = '']) => code)),
  ];
  expect(codeIn('docs/demo.zh-CN.md').sort()).toEqual(codeIn('docs/demo.md').sort());
});
