import { expect, test } from 'vitest';
import { wholeShot } from './whole-shot.ts';

test('a picture and its frames; nothing where the camera stopped before, or failed', async () => {
  expect(await wholeShot(async () => ['a', 'b', 'c'], 3)).toEqual({ image: 'a', frames: ['b', 'c'] });
  expect(await wholeShot(async () => ['a', 'b'], 3)).toBeUndefined();
  expect(await wholeShot(async () => [], 3)).toBeUndefined();
  expect(await wholeShot(() => Promise.reject(new Error('no canvas')), 3)).toBeUndefined();
});
