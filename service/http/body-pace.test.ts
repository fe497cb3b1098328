import { expect, test } from 'vitest';
import { createBodyPace } from './body-pace.ts';

test('beyond its burst a key’s bytes are read at its rate; another key’s at once', async () => {
  let now = 0;
  const waits: number[] = [];
  const pace = createBodyPace({
    perSecond: 1_000,
    burst: 5_000,
    elapsed: () => now,
    wait: async (milliseconds) => void waits.push(milliseconds),
  });
  for (let i = 0; i < 5; i++) expect(pace.took('a', 1_000)).toBeUndefined();
  await pace.took('a', 500);
  await pace.took('a', 500);
  expect(pace.took('b', 1_000)).toBeUndefined();
  now = 1_000;
  expect(pace.took('a', 0)).toBeUndefined();
  await pace.took('a', 2_000);
  now = 60_000;
  expect(pace.took('a', 5_000)).toBeUndefined();
  expect(waits).toEqual([500, 1_000, 2_000]);
});
