import { expect, test } from 'vitest';
import { isVisit } from './visit.ts';

test.each([
  ['hosted', 'administrator:adm_1', true],
  ['hosted', 'operator:root', true],
  ['hosted', 'key:key_1', false],
  ['presence', 'administrator:adm_1', false],
])('a session of the kind %s by %s', (flow, by, visit) => {
  expect(isVisit({ flow, by })).toBe(visit);
});
