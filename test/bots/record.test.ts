import { expect, test } from 'vitest';
import { saltOf } from './record.ts';

test('a bot draws other plans on another day, and another bot others on the same', () => {
  const salts = [
    saltOf('ease', '2026-11-24'),
    saltOf('ease', '2026-11-25'),
    saltOf('ghost', '2026-11-24'),
    saltOf('ease', '2026-12-24'),
  ];
  expect(new Set(salts).size).toBe(4);
  expect(saltOf('ease', '2026-11-24')).toBe(salts[0]);
  // Times a thousand and a number of a session it has to stay a seed of 32 bits.
  expect(Math.max(...salts) * 1_000 + 999).toBeLessThan(2 ** 32);
});
