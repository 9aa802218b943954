import { expect, test } from 'vitest';
import { olderForms } from '../../../src/bpf/program/load.js';

const args = { progName: 'p', progBtfFd: 3, funcInfoCnt: 2, lineInfoCnt: 4, expectedAttachType: 5, progType: 6 };
const plain = { progType: 6, progBtfFd: 0, funcInfoCnt: 0, lineInfoCnt: 0 };

test('kernels that know less get less, step by step', () => {
  expect([...olderForms(args, true)]).toMatchObject([
    { ...plain, progName: 'p', expectedAttachType: 5 },
    { ...plain, progName: 'p', expectedAttachType: 0 },
    { ...plain, progName: '', expectedAttachType: 0 },
  ]);
});

test('but not without an attach type that matters', () => {
  expect([...olderForms(args)].map(({ expectedAttachType }) => expectedAttachType)).toEqual([5, 5]);
});
