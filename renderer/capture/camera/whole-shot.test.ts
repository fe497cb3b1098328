import { expect, test } from 'vitest';
import { wholeShot } from './whole-shot.ts';

test('a picture and its frames; nothing where the camera stopped before, or failed', async () => {
  const taken = ['a', 'b', 'c'].map((url, i) => ({ url, at: i * 100 }));
  const whole = { image: 'a', frames: ['b', 'c'], frameTimes: [100, 200] };
  expect(await wholeShot(async () => taken, 3)).toEqual(whole);
  expect(await wholeShot(async () => taken.slice(0, 2), 3)).toBeUndefined();
  expect(await wholeShot(async () => [], 3)).toBeUndefined();
  expect(await wholeShot(() => Promise.reject(new Error('no canvas')), 3)).toBeUndefined();
});
