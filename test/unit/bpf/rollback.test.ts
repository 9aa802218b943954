import { expect, test } from 'vitest';
import { Rollback } from '../../../src/bpf/load/rollback.js';

const failing = (message: string) => () => {
  throw new Error(message);
};

test('what succeeds is left alone', () => {
  const rollback = new Rollback();
  rollback.add(failing('not to be called'));
  expect(rollback.guard(() => 5)).toBe(5);
});

test('after a failure every step is taken, the last first', () => {
  const rollback = new Rollback();
  const taken: string[] = [];
  rollback.add(() => void taken.push('first'));
  rollback.add(() => void taken.push('second'));
  expect(() => rollback.guard(failing('reason'))).toThrow('reason');
  expect(taken).toEqual(['second', 'first']);
});

test('what cannot be undone is told of, and the rest is undone', () => {
  const rollback = new Rollback();
  const taken: string[] = [];
  rollback.add(() => void taken.push('first'));
  rollback.add(failing('stuck'));
  const reason = new Error('reason');
  expect(() =>
    rollback.guard(() => {
      throw reason;
    }),
  ).toThrow(reason);
  expect(taken).toEqual(['first']);
  expect(reason).toMatchObject({ notUndone: [new Error('stuck')] });
});
