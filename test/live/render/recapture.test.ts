import { expect, test } from 'vitest';
import { createNormal } from '../../support/normal.ts';
import { withNoise } from './recapture.ts';

test.each([1, 7, 56])('the noise of seed %i is that of createNormal', (seed) => {
  const pixels = Uint8Array.from({ length: 30 * 20 * 3 }, (_, i) => i * 5);
  const normal = createNormal(seed);
  const expected = pixels.map((value) => Math.min(255, Math.max(0, value + 40 * normal())));
  expect(withNoise({ width: 30, height: 20, pixels }, 40, seed).pixels).toEqual(expected);
});
