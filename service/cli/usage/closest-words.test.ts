import { expect, test } from 'vitest';
import { closestWords } from './explain-usage-error.ts';

test.each([
  ['scope', ['scopes', 'site', 'expires'], ['scopes']],
  ['enrol', ['enroll', 'erase'], ['enroll']],
  ['organization', ['org', 'openapi'], ['org']],
  ['lsit', ['list', 'limits'], ['list']],
  ['list', ['limits', 'profile'], []],
  ['revkoe', ['revoke', 'rotate'], ['revoke']],
  ['emial', ['email', 'name'], ['email']],
  ['no', ['not', 'nor', 'show'], ['not', 'nor']],
  ['x', [], []],
])('%s among %j is %j', (word, candidates, closest) => {
  expect(closestWords(word, candidates)).toEqual(closest);
});
