import { expect, test } from 'vitest';
import { createStructuredLog, scrub } from './structured-log.ts';

test.each([
  ["mail to alice.o'neil+x@mail.example.com failed", 'mail to [e-mail] failed'],
  ['müller@bücher.example', '[e-mail]'],
  ['{"to":"a@localhost"}', '{"to":"[e-mail]"}'],
  ['key gh_live_0123456789abcdef-_x.', 'key [key].'],
  ['huma_test_abc', '[key]'],
  ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', 'Bearer [token]'],
  [`image=${'/9j/4AAQ'.repeat(40)}==;`, 'image=[data];'],
  // What must stay readable.
  [
    'at file:///work/node_modules/@fastify/multipart/index.js:12:3',
    'at file:///work/node_modules/@fastify/multipart/index.js:12:3',
  ],
  [`sha256 ${'ab'.repeat(32)}`, `sha256 ${'ab'.repeat(32)}`],
  ['req_01k9qd3m8vd2n7x4t5w6y8z9ab key_1', 'req_01k9qd3m8vd2n7x4t5w6y8z9ab key_1'],
])('%s', (line, expected) => {
  expect(scrub(line)).toBe(expected);
});

test('a long hostile line costs little', () => {
  for (const line of [
    'a'.repeat(1_000_000),
    'a.'.repeat(500_000),
    'a@'.repeat(500_000),
    'eyJ'.repeat(300_000),
  ]) {
    const started = process.cpuUsage().user;
    scrub(line);
    expect(process.cpuUsage().user - started).toBeLessThan(1_000_000);
  }
});

test('the log is one JSON object a line: level by name, time, message, and an error with its causes', () => {
  const lines: string[] = [];
  const log = createStructuredLog({
    clock: { now: () => 0 },
    level: 'info',
    write: (line) => lines.push(line),
  });
  log.debug({}, 'not at this level');
  log.error({ err: new Error('outer bob@example.com', { cause: new TypeError('inner') }), n: 1 }, 'it broke');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'error',
      time: '1970-01-01T00:00:00.000Z',
      err: {
        type: 'Error',
        message: 'outer [e-mail]',
        stack: expect.stringContaining('structured-log.test.ts'),
        cause: { type: 'TypeError', message: 'inner', stack: expect.any(String) },
      },
      n: 1,
      msg: 'it broke',
    },
  ]);
  expect(lines[0]).toMatch(/\n$/);
});
