import { expect, test } from 'vitest';
import { holdsScope, type Scope, scopes, simplestScopes } from './scope.ts';

test('identity is its two halves, and neither half is the other', () => {
  const held: Record<string, Scope[]> = {
    whole: ['identity'],
    halves: ['identity:enroll', 'identity:verify'],
    verify: ['identity:verify'],
    enroll: ['identity:enroll'],
    other: ['presence', 'admin'],
  };
  const wanted: Scope[] = ['identity', 'identity:verify', 'identity:enroll', 'presence'];
  const table = Object.fromEntries(
    Object.entries(held).map(([name, own]) => [name, wanted.filter((scope) => holdsScope(own, scope))]),
  );
  expect(table).toEqual({
    whole: ['identity', 'identity:verify', 'identity:enroll'],
    halves: ['identity', 'identity:verify', 'identity:enroll'],
    verify: ['identity:verify'],
    enroll: ['identity:enroll'],
    other: ['presence'],
  });
});

test('is reduced to the fewest equivalent scopes, once each, in the list’s order', () => {
  expect(simplestScopes(['admin', 'identity:enroll', 'admin', 'identity:verify'])).toEqual([
    'identity',
    'admin',
  ]);
  expect(simplestScopes(['identity', 'identity:verify'])).toEqual(['identity']);
  expect(simplestScopes(['presence', 'identity:verify'])).toEqual(['identity:verify', 'presence']);
  expect(simplestScopes(scopes)).toEqual(scopes.filter((scope) => !scope.startsWith('identity:')));
});
