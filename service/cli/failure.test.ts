import { expect, test } from 'vitest';
import { ConfigError } from '../config.ts';
import { Problem } from '../lib/problem.ts';
import { toFailure, UsageError } from './failure.ts';

test('a problem keeps its code, and shows its advice and its fields', () => {
  const problem = new Problem('INVALID_REQUEST', 'Two fields are wrong.', {
    reason: 'Look at both.',
    details: [
      { path: 'cidr', message: 'is no network' },
      { path: 'country', message: 'is no country' },
    ],
  });
  expect(toFailure(problem)).toEqual({
    exitCode: 1,
    text: 'Two fields are wrong.\nLook at both.\n  cidr: is no network\n  country: is no country',
    json: {
      error: 'Two fields are wrong.',
      code: 'INVALID_REQUEST',
      reason: 'Look at both.',
      details: problem.extra.details,
    },
  });
});

test('how the command was written is exit code 2', () => {
  expect(toFailure(new UsageError('Say which.'))).toEqual({
    exitCode: 2,
    text: 'Say which.',
    json: { error: 'Say which.', code: 'USAGE' },
  });
  expect(toFailure(new ConfigError('No such setting.')).exitCode).toBe(2);
});

test('a port in use is reported with its remedy', () => {
  const error = Object.assign(new Error('listen'), {
    code: 'EADDRINUSE',
    syscall: 'listen',
    address: '127.0.0.1',
    port: 7300,
  });
  expect(toFailure(error)).toMatchObject({
    exitCode: 1,
    text: 'Port 7300 on 127.0.0.1 is in use by another program. Stop it, or choose another port: --port N (npm start -- --port N); 0 picks a free one.',
  });
});

test('anything else is a bug and shows where', () => {
  expect(toFailure(new TypeError('x is undefined'))).toMatchObject({
    exitCode: 1,
    text: expect.stringContaining('failure.test.ts'),
    json: { error: 'x is undefined', code: 'INTERNAL' },
  });
});

test('a command named by the engine can be pasted, and a refusal says what helps here', () => {
  const missing = new Problem(
    'MODEL_NOT_INSTALLED',
    'No embedding model is enabled: run “gatehouse models list”.',
  );
  expect(toFailure(missing)).toMatchObject({
    text: 'No embedding model is enabled: run “npx gatehouse models list”.',
    json: { error: missing.message },
  });
  const [sentence, ...help] = toFailure(new Problem('CONSENT_REQUIRED', 'Send consent.')).text.split('\n');
  expect([sentence, help.at(-1)]).toEqual([
    'Send consent.',
    '  --consent "v3,signed form,explicit consent,verification+identification"',
  ]);
  expect(toFailure(new Problem('TEMPLATE_MISMATCH', 'Another face.')).text).toBe(
    'Another face.\nIf it is the same person:  npx gatehouse subject enroll --override-mismatch …',
  );
});

test('a refusal of a destination can be pasted', () => {
  const refused = new Problem('DESTINATION_NOT_GRANTED', 'It can be allowed with: gatehouse grant add x.org');
  expect(toFailure(refused).text).toBe('It can be allowed with: npx gatehouse grant add x.org');
});

test('what is not in one world may be in the other, where the command can ask', () => {
  const text = (world: string, ...flags: string[]) =>
    toFailure(new Problem('NOT_FOUND', `There is no wh_1 in the ${world} world.`), flags).text;
  expect([text('live', '--env'), text('test', '--env'), text('live', '--org')]).toEqual([
    'There is no wh_1 in the live world.\n--env test looks in the test world.',
    'There is no wh_1 in the test world.\nWithout --env test it is looked for in the live world.',
    'There is no wh_1 in the live world.',
  ]);
});
