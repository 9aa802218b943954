import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { check, errnoName, errnoNumber, errnoText, SystemError } from '../../../src/sys/errno.js';

describe('error numbers', () => {
  test.runIf(process.platform === 'linux')('agree with those that Node.js was built with', () => {
    // EWOULDBLOCK is EAGAIN and EOPNOTSUPP is ENOTSUP on Linux: one number, one name here.
    const aliases = new Set(['EWOULDBLOCK', 'ENOTSUP']);
    const ours = Object.entries(constants.errno).map(([name]) => [name, errnoNumber(name)]);
    const theirs = Object.entries(constants.errno);
    const named = (rows: unknown[][]) => rows.filter(([name]) => !aliases.has(name as string));
    expect(named(ours)).toEqual(named(theirs));
  });

  test('have a name and a text in either sign', () => {
    expect([errnoName(-17), errnoName(17), errnoText(-17)]).toEqual(['EEXIST', 'EEXIST', 'already exists']);
  });

  test('that are unknown are still told', () => {
    expect([errnoName(-999), errnoText(999), errnoNumber('EWHAT')]).toEqual(['E999', 'error 999', undefined]);
  });
});

describe('SystemError', () => {
  test('says what was tried, what the kernel said, and its code, in one line', () => {
    const error = new SystemError(-2, 'open', '/x');
    expect(error.message).toBe('open /x: no such file or object (ENOENT)');
    expect(error).toMatchObject({ name: 'SystemError', code: 'ENOENT', errno: -2, syscall: 'open', subject: '/x' });
  });

  test('is thrown for negative results alone', () => {
    expect(check(0, 'socket')).toBe(0);
    expect(() => check(-24, 'socket')).toThrow('socket: too many files are open in this process (EMFILE)');
  });

  test('says which capability is missing, where there is one', () => {
    expect(new SystemError(-1, 'setns', 'network namespace').message).toBe(
      'setns network namespace: operation not permitted (EPERM); it needs CAP_SYS_ADMIN',
    );
  });

  test('is made from an error of node:fs, and from nothing else', () => {
    const cause = Object.assign(new Error('no'), { errno: -13, code: 'EACCES', syscall: 'open', path: '/y' });
    expect(SystemError.from(cause)).toMatchObject({ code: 'EACCES', subject: '/y', cause });
    const other = new TypeError('other');
    expect(SystemError.from(other)).toBe(other);
  });

  test('is plain data when serialised', () => {
    const { name, code, errno } = JSON.parse(JSON.stringify(new SystemError(-1, 'bpf')));
    expect({ name, code, errno }).toEqual({ name: 'SystemError', code: 'EPERM', errno: -1 });
  });
});
