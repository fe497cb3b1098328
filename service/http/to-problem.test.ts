import { expect, test } from 'vitest';
import { Problem } from '../lib/problem.ts';
import { readBody } from './bodies/read-body.ts';
import { toProblem } from './to-problem.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ['FST_FILES_LIMIT', 'PAYLOAD_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_MP_PREMATURE_CLOSE', 'INVALID_REQUEST'],
  ['FST_ERR_HANDLER_TIMEOUT', 'TIMEOUT'],
  ['FST_STATIC_FORBIDDEN_PATH', 'NOT_FOUND'],
  // A database that went away is not the caller's fault.
  ['ECONNRESET', 'INTERNAL'],
  ['SQLITE_FULL', 'INTERNAL'],
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
