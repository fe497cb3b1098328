import { expect, test } from 'vitest';
import { ageAt } from './hosted.ts';

test.each([
  ['2008-11-21', '2026-11-20T23:59:59Z', 17],
  ['2008-11-21', '2026-11-21T00:00:00Z', 18],
  ['2008-02-29', '2026-02-28T23:59:59Z', 17],
  ['2008-02-29', '2026-03-01T00:00:00Z', 18],
  ['2008-02-29', '2028-02-29T00:00:00Z', 20],
  ['2008-12-31', '2026-01-01T00:00:00Z', 17],
  ['2026-11-20', '2026-11-20T12:00:00Z', 0],
])('a person born on %s is at %s %i years old', (birthDate, now, age) => {
  expect(ageAt(birthDate, Date.parse(now))).toBe(age);
});
