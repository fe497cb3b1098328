import { expect, test } from 'vitest';
import { createNormal } from '../../support/normal.ts';
import { withNoise } from './recapture.ts';

test.each([1, 7, 56].flatMap((seed) => [40, 2.2].map((deviation) => [seed, deviation] as const)))(
  'the noise of seed %i, %d strong, is that of createNormal, each time',
  (seed, deviation) => {
    const pixels = Uint8Array.from({ length: 30 * 20 * 3 }, (_, i) => i * 5);
    const normal = createNormal(seed);
    const expected = pixels.map((value) => Math.min(255, Math.max(0, value + deviation * normal())));
    const noisy = () => withNoise({ width: 30, height: 20, pixels }, deviation, seed).pixels;
    expect([noisy(), noisy()]).toEqual([expected, expected]);
  },
);
