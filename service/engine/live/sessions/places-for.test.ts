import { expect, test } from 'vitest';
import { isCrowded, placesFor } from './session-capacity.ts';

test.each([
  // took, others, workers, places
  [25, 0, 2, 6],
  [25, 0.5, 2, 3],
  [25, 2, 2, 1],
  [15, 2, 2, 2],
  [25, 0, 1, 3],
  [25, 1, 1, 1],
  [100, 0, 2, 1],
  [5000, 2, 2, 1],
  [25, 0, 8, 25],
])('frames of %d ms beside %d busy workers of %d: %d sessions', (took, others, workers, places) => {
  expect(placesFor({ took, others }, workers)).toBe(places);
});

test('every place is worth ten frames a second, however long they take, except for the first', () => {
  for (let took = 1; took < 300; took++)
    for (const workers of [1, 2, 4])
      for (const others of [0, 0.3, 1, 9]) {
        const places = placesFor({ took, others }, workers);
        const theirs = Math.min(others, workers > 1 ? workers - 1 : 0.5);
        if (places > 1) expect(places * 10 * took).toBeLessThanOrEqual(1000 * (workers - theirs));
      }
});

test('answers that come late close the door, and it opens again only when they come well in time', () => {
  expect(isCrowded({ took: 30, waited: 59 }, false)).toBe(false);
  expect(isCrowded({ took: 30, waited: 61 }, false)).toBe(true);
  expect(isCrowded({ took: 30, waited: 50 }, true)).toBe(true);
  expect(isCrowded({ took: 30, waited: 39 }, true)).toBe(false);
});
