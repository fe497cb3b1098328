import { expect, test } from 'vitest';
import { Problem } from '../lib/problem.ts';
import { toStorageProblem } from './storage-problem.ts';

const failure = (code: string) => Object.assign(new Error('low level'), { code });

test.each([
  ['SQLITE_FULL', 'Free some space'],
  ['ENOSPC', 'Free some space'],
  ['EDQUOT', 'Free some space'],
  ['53100', 'Free some space'],
  ['SQLITE_READONLY', 'Mount its disk read-write'],
  ['SQLITE_READONLY_DIRECTORY', 'Mount its disk read-write'],
  ['SQLITE_CANTOPEN', 'Mount its disk read-write'],
  ['EROFS', 'Mount its disk read-write'],
  ['EACCES', 'writable for the service'],
  ['SQLITE_IOERR_WRITE', 'Check the disk'],
  ['SQLITE_IOERR_FSYNC', 'Check the disk'],
  ['58030', 'Check the disk'],
])('%s says what to do', (code, remedy) => {
  const error = failure(code);
  expect(toStorageProblem(error)).toMatchObject({
    code: 'STORAGE_FULL',
    message: expect.stringContaining(remedy),
    cause: error,
  });
});

test.each([
  failure('ECONNREFUSED'),
  Object.assign(failure('ENOENT'), { syscall: 'connect' }),
  failure('57P01'),
  failure('08006'),
  new Error('Connection terminated unexpectedly'),
  new Error('timeout exceeded when trying to connect'),
])('a database server out of reach is unavailable, not a bug: %s', (error) => {
  expect(toStorageProblem(error)).toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    extra: { retryAfterSeconds: 5 },
    cause: error,
  });
});

test.each([
  ['55P03', 'ends it'],
  ['57014', 'time limits'],
  ['25P03', 'time limits'],
  ['53300', 'connection limit'],
  ['53200', 'connection limit'],
  ['25006', 'takes no writes: nothing was changed. The operator checks whether it is a standby'],
  ['28P01', 'gatehouse doctor'],
  ['42501', 'gatehouse doctor'],
  ['CERT_HAS_EXPIRED', 'gatehouse doctor'],
])('what a database server refuses for now is unavailable, with its cause: %s', (code, remedy) => {
  expect(toStorageProblem(failure(code))).toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining(remedy),
    extra: { retryAfterSeconds: 5 },
  });
});

test.each([
  ['SQLITE_NOTADB', 'put back its newest copy'],
  ['SQLITE_CORRUPT', 'put back its newest copy'],
  ['SQLITE_CORRUPT_INDEX', 'gatehouse migrate --reindex'],
])('%s names the file', (code, remedy) => {
  expect(toStorageProblem(failure(code), '/data/keys.db')).toMatchObject({
    code: 'INTERNAL',
    message: expect.stringMatching(`^/data/keys\\.db is damaged .*${remedy}`),
  });
});

test('anything else stays what it was', () => {
  const others = [
    failure('SQLITE_CONSTRAINT'),
    new Error('plain'),
    new Problem('NOT_FOUND', 'x'),
    'text',
    null,
  ];
  expect(others.map((one) => toStorageProblem(one))).toEqual(others);
});
