import { expect, test } from 'vitest';
import { VerifierError } from '../../../src/bpf/error.js';
import { BpfObject } from '../../../src/bpf/object.js';
import { objectPath } from '../../support/objects.js';

/** The logs of all kernels are in test/golden/verifier; here, what loading an object adds to them. */
const object = BpfObject.open(objectPath('refused'));

/** One takes the verifier a million instructions, and an emulated processor a minute. */
const NAMES = object.spec.programs.map(({ name }) => name).filter((name) => name !== 'too_many');

function refusal(name: string): VerifierError {
  // Helpers for GPL programs only are refused in others.
  const spec = name === 'gpl_only' ? { ...object.spec, license: 'MIT' } : object.spec;
  try {
    new BpfObject(spec).load({ programs: [name] }).close();
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  throw new Error(`${name} is not refused`);
}

test.each(NAMES)('program %s is refused with its place in C', (name) => {
  const error = refusal(name);
  const { source, instruction, counters } = error;
  expect([source?.file, typeof source?.line, typeof source?.column]).toEqual([
    './test/bpf/refused.c',
    'number',
    'number',
  ]);
  expect(instruction?.text).not.toBe('');
  expect(counters['insns']).toBeGreaterThan(0);
  const [first, second, third] = error.message.split('\n');
  expect(first).toBe(`program ${name} is refused by the verifier: ${error.reason} (${error.code})`);
  expect(second).toBe(`  at ./test/bpf/refused.c:${source?.line}:${source?.column}: ${source?.text}`);
  expect(third).toContain(`  at instruction ${instruction?.index}: ${instruction?.text}`);
});
