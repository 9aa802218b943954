import { expect, test } from 'vitest';
import { blocks, complaints, recipesModule } from '../../support/docs.js';

const all = [...blocks().filter(({ tags }) => !tags.includes('recipes')), recipesModule()];
const found = complaints(all);

test.each(all.map(({ where }) => where))('the TypeScript at %s compiles', (where) => {
  expect(found.get(where)).toEqual([]);
});
