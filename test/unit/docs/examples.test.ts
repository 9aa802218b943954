import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { complaints } from '../../support/complaints.js';
import { blocks, DOCUMENTS, newFiles, ROOT, recipesModule, sourceExamples } from '../../support/docs.js';

const all = [
  ...blocks().filter(({ tags }) => !tags.includes('recipes')),
  recipesModule(),
  ...newFiles(),
  ...sourceExamples(),
];
const found = complaints(all);

test.each(all.map(({ where }) => where))('the TypeScript at %s compiles', (where) => {
  expect(found.get(where)).toEqual([]);
});

/** Of fences; TypeScript in another language, or further to the right, would go unchecked. */
const LANGUAGES = /^```(ts( run| recipes)?|diff( \S+\.ts)?|sh|mermaid)$/;

test.each(DOCUMENTS)('the blocks of %s are fenced as those that are checked', (name) => {
  const fences = readFileSync(ROOT + name, 'utf8').match(/^.*(```|~~~).*$/gm) ?? [];
  const openings = fences.filter((_, index) => index % 2 === 0);
  const closings = fences.filter((_, index) => index % 2 === 1);
  expect(openings.filter((fence) => !LANGUAGES.test(fence))).toEqual([]);
  expect(closings).toEqual(openings.map(() => '```'));
});

test.each(DOCUMENTS)('the scripts of npm that %s names are there', (name) => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const named = [...readFileSync(ROOT + name, 'utf8').matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script);
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});
