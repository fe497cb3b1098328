import { getSystemErrorMap } from 'node:util';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { expect, test } from 'vitest';
import { Problem } from '../lib/problem.ts';
import { toStorageProblem } from '../storage/storage-problem.ts';
import { readBody } from './bodies/read-json-bodies.ts';
import { toProblem } from './error-handling.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ['FST_FILES_LIMIT', 'PAYLOAD_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_MP_PREMATURE_CLOSE', 'INVALID_REQUEST'],
  ['FST_ERR_HANDLER_TIMEOUT', 'TIMEOUT'],
  ['FST_STATIC_FORBIDDEN_PATH', 'NOT_FOUND'],
  ['ECONNRESET', 'STORAGE_UNAVAILABLE'],
  ['SQLITE_FULL', 'STORAGE_FULL'],
  ['FST_ERR_SOMETHING_NEW', 'INTERNAL'],
  ['constructor', 'INTERNAL'],
])('%s is %s', (code, expected) => {
  expect(toProblem(coded(code)).code).toBe(expected);
});

test('a Problem stays itself, and what is unknown is kept as the cause and not shown', () => {
  const problem = new Problem('CONFLICT', 'Twice.');
  expect(toProblem(problem)).toBe(problem);
  for (const thrown of [
    new Error('password is hunter2'),
    'hunter2',
    undefined,
    null,
    { message: 'hunter2' },
  ]) {
    const { code, message, extra } = toProblem(thrown);
    expect([code, extra.cause]).toEqual(['INTERNAL', thrown]);
    expect(message).not.toContain('hunter2');
  }
});

test('busboy’s sentences are the caller’s broken form', () => {
  for (const sentence of ['Multipart: Boundary not found', 'Unexpected end of multipart data']) {
    expect(toProblem(new Error(sentence)).code).toBe('INVALID_REQUEST');
  }
});

async function* pieces(...chunks: (string | Error)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield Buffer.from(chunk);
  }
}
const codeOf = (body: Promise<Buffer>) => body.then(String, ({ code }: Problem) => code);

test('readBody: whole, or refused for what is wrong', async () => {
  expect(await codeOf(readBody(pieces('ab', 'c'), 3, '3'))).toBe('abc');
  expect(await codeOf(readBody(pieces('ab', 'c'), 3, undefined))).toBe('abc');
  expect(await codeOf(readBody(pieces(), 3, undefined))).toBe('');
  expect(await codeOf(readBody(pieces('ab', 'cd'), 3, undefined))).toBe('PAYLOAD_TOO_LARGE');
  expect(await codeOf(readBody(pieces(), 3, '4'))).toBe('PAYLOAD_TOO_LARGE');
  expect(await codeOf(readBody(pieces('ab'), 9, '3'))).toBe('INVALID_REQUEST');
  expect(await codeOf(readBody(pieces('ab', 'cd'), 9, '3'))).toBe('INVALID_REQUEST');
  expect(await codeOf(readBody(pieces('ab', coded('ECONNRESET', 'aborted')), 9, undefined))).toBe(
    'INVALID_REQUEST',
  );
});

const ofPostgres = (code: string) =>
  Object.assign(new pg.DatabaseError('said by the server', 1, 'error'), { code });
const ofSqlite = (code: string) => new Sqlite.SqliteError('said by SQLite', code);
const ofSystem = (syscall: string) => (code: string) =>
  Object.assign(new Error(`${code}: said, ${syscall}`), { code, syscall });
const ofRedis = (code: string) => Object.assign(new Error(`${code} said by Redis`), { name: 'ReplyError' });
/** Not of the system, but made by a program that gives it what it did not open. */
const ownFaults = ['EBADF', 'EFAULT', 'ENOSYS'];
const everyErrno = [...getSystemErrorMap().values()]
  .map(([code]) => code)
  .filter((code) => /^E[A-Z0-9]+$/.test(code) && !ownFaults.includes(code));

const codes = (text: string) => text.trim().split(/\s+/);
/** Appendix A of PostgreSQL 17, without the classes of statements that are wrong (21 to 23, 2F, 42 but what is missing or forbidden …). */
const SQLSTATES = codes(`
  08000 08003 08006 08001 08004 08007 08P01 0A000 25006 25P01 25P02 25P03 25P04 26000 28000 28P01 34000 3D000 3F000
  40000 40001 40002 40003 40P01 42501 42P01 42703 42704 42883 42P03 42P05 22021 22P05
  53000 53100 53200 53300 53400 54000 54001 54011 54023 55000 55006 55P02 55P03 55P04
  57000 57014 57P01 57P02 57P03 57P04 57P05 58000 58P01 58P02 58P03 58030 F0000 F0001 HV000 P0000 P0001 P0004 72000 XX000 XX001 XX002`);
const SQLITE = codes(`
  SQLITE_FULL SQLITE_IOERR SQLITE_IOERR_READ SQLITE_IOERR_SHORT_READ SQLITE_IOERR_WRITE SQLITE_IOERR_FSYNC SQLITE_IOERR_TRUNCATE SQLITE_IOERR_FSTAT
  SQLITE_IOERR_DELETE SQLITE_IOERR_NOMEM SQLITE_IOERR_LOCK SQLITE_IOERR_SHMOPEN SQLITE_IOERR_SHMMAP SQLITE_IOERR_CORRUPTFS SQLITE_IOERR_DATA
  SQLITE_CANTOPEN SQLITE_CANTOPEN_ISDIR SQLITE_READONLY SQLITE_READONLY_DIRECTORY SQLITE_READONLY_DBMOVED SQLITE_READONLY_RECOVERY SQLITE_BUSY
  SQLITE_BUSY_RECOVERY SQLITE_BUSY_SNAPSHOT SQLITE_LOCKED SQLITE_NOMEM SQLITE_PERM SQLITE_AUTH SQLITE_PROTOCOL SQLITE_NOLFS SQLITE_CORRUPT SQLITE_CORRUPT_INDEX SQLITE_NOTADB SQLITE_INTERRUPT`);
const NETWORK = codes(`
  ENOTFOUND EAI_AGAIN EAI_FAIL UND_ERR_CONNECT_TIMEOUT UND_ERR_SOCKET UND_ERR_HEADERS_TIMEOUT ERR_TLS_CERT_ALTNAME_INVALID ERR_SSL_WRONG_VERSION_NUMBER
  ERR_TLS_HANDSHAKE_TIMEOUT ERR_SOCKET_CONNECTION_TIMEOUT ERR_STREAM_PREMATURE_CLOSE DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE CERT_REVOKED CERT_UNTRUSTED CERT_REJECTED HOSTNAME_MISMATCH INVALID_CA`);
/** What a clock that is wrong makes of certificates and waits. */
const CLOCK = codes('CERT_NOT_YET_VALID CERT_HAS_EXPIRED CRL_NOT_YET_VALID CRL_HAS_EXPIRED ETIME ETIMEDOUT');
const REDIS = codes('NOAUTH WRONGPASS LOADING MASTERDOWN CLUSTERDOWN MISCONF OOM BUSY READONLY');

const SENTENCE_OF_BUGS = 'Something went wrong inside Gatehouse';
test.each([
  ['PostgreSQL', SQLSTATES, ofPostgres],
  ['SQLite', SQLITE, ofSqlite],
  ...['open', 'read', 'write', 'fsync', 'rename', 'unlink', 'statfs'].map(
    (call) => ['the disk', everyErrno, ofSystem(call)] as const,
  ),
  ...['connect', 'getaddrinfo', 'bind'].map((call) => ['the network', everyErrno, ofSystem(call)] as const),
  ['the network', NETWORK, coded],
  ['a wrong clock', CLOCK, ofSystem('connect')],
  ['Redis', REDIS, ofRedis],
] as const)('no refusal of %s is said to be a bug', (_what, table, make) => {
  for (const code of table) {
    const plain = make(code);
    for (const error of [plain, new Error('said by what asked it', { cause: plain })]) {
      const problem = toProblem(toStorageProblem(error));
      expect(`${code}: ${problem.message}`).not.toContain(SENTENCE_OF_BUGS);
      expect(`${code}: ${problem.message}`).toMatch(
        /[Oo]perator|stop the service|Free some space|Mount its disk|Check the disk|Try again/,
      );
      expect(problem.message).not.toContain('said');
    }
  }
});

test('a bug is said to be one', () => {
  const bugs: Error[] = [
    ...codes('21000 22003 22P02 23502 23505 42601 42804 42P18').map(ofPostgres),
    ...codes('SQLITE_CONSTRAINT_UNIQUE SQLITE_MISUSE SQLITE_RANGE SQLITE_ERROR').map(ofSqlite),
  ];
  bugs.push(
    ...ownFaults.map(ofSystem('read')),
    coded('ERR_INVALID_ARG_TYPE'),
    new TypeError('x is not a function'),
  );
  for (const error of bugs) expect(toProblem(toStorageProblem(error)).message).toContain(SENTENCE_OF_BUGS);
});
