import { expect, test } from 'vitest';
import { createLastToken } from './last-token.ts';

test('it is the token of the user verified last, and of no other', () => {
  const last = createLastToken();
  let changes = 0;
  const end = last.watch(() => changes++);
  last.keep('user_1', 'h_verified_1');
  expect([last.of('user_1'), last.of('user_2')]).toEqual(['h_verified_1', undefined]);
  // An outage gives none.
  last.keep('user_2', '');
  expect(last.of('user_1')).toBe('h_verified_1');
  last.keep('user_2', 'h_challenge_2');
  end();
  last.keep('user_2', 'h_verified_3');
  expect([last.of('user_1'), last.of('user_2'), changes]).toEqual([undefined, 'h_verified_3', 2]);
});
