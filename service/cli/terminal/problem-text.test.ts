import { expect, test } from 'vitest';
import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { problemText } from '../failure.ts';

const problem = (message: string, ...details: ProblemDetail[]) =>
  new Problem('INVALID_REQUEST', message, { details });

test.each([
  ['unusedDays', 'must be at most 1095.', ['--unused', '--org'], '--unused must be at most 1095 days.'],
  ['unusedDays', 'must be at most 1095.', ['--unused-days'], '--unused-days must be at most 1095 days.'],
  ['deliveryDays', 'must be at least 1.', ['--deliveries'], '--deliveries must be at least 1 day.'],
  ['overlapSeconds', 'must be at most 2592000.', ['--overlap'], '--overlap must be at most 30 days.'],
  ['overlapSeconds', 'must be at least 0.', ['--overlap'], '--overlap must be at least 0 seconds.'],
  ['burst', 'must be at most 9.', ['--burst'], '--burst must be at most 9.'],
  ['timeZone', 'is missing.', ['--time-zone'], '--time-zone is missing.'],
  ['cidrs', 'must have at most 100 items.', ['--cidr'], '--cidr must have at most 100 items.'],
  ['scopes.0', 'must be one of: a, b.', ['--scopes'], '--scopes must be one of: a, b.'],
  ['consent.method', 'is missing.', ['--consent'], '--consent, method is missing.'],
  ['reason', 'must not be empty.', ['--hold'], 'The field "reason" must not be empty.'],
])('%s is reported once, in the terms of the command', (path, what, flags, sentence) => {
  expect(problemText(problem(`The field "${path}" ${what}`, { path, message: `It ${what}` }), flags)).toEqual(
    [sentence],
  );
});

test('several wrong fields: the first in the sentence, a line for each other', () => {
  const empty = 'It must not be empty.';
  const several = problem(
    'The field "name" must not be empty.',
    { path: 'name', message: empty },
    { path: 'timeZone', message: empty },
    { path: 'keepDays', message: 'It must be at most 3.' },
    { path: 'inner', message: 'It is missing.' },
  );
  expect(problemText(several, ['--name', '--time-zone', '--keep'])).toEqual([
    '--name must not be empty.',
    '  --time-zone: It must not be empty.',
    '  --keep: It must be at most 3 days.',
    '  inner: It is missing.',
  ]);
});

test('a sentence that says no field keeps its fields', () => {
  const odd = problem('The profile is not valid.', { path: 'checks', message: 'It is missing.' });
  expect(problemText(odd, ['--name'])).toEqual(['The profile is not valid.', '  checks: It is missing.']);
});
