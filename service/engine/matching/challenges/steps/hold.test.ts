import { expect, test } from 'vitest';
import { createHold } from './step.ts';

/** 1: the pose is there, 0: it is not, one letter a tenth of a second; a space is no frame. Share of a second held. */
function held(frames: string): number {
  const hold = createHold(1000);
  let share = 0;
  for (const [i, frame] of [...frames].entries())
    if (frame !== ' ') share = hold.observe(100 * i, frame === '1');
  return share;
}

test('a pose is held from its first frame to its last', () => {
  expect(held('11111')).toBeCloseTo(0.4);
  expect(held('11111111111')).toBe(1);
  expect(held('111111111111111')).toBe(1);
});

test('one frame does not hold a pose', () => {
  const hold = createHold(0);
  expect(hold.observe(0, true)).toBe(0.5);
  expect(hold.observe(100, true)).toBe(1);
});

test('one misread frame or two are forgiven once; more, or a second time, begin anew', () => {
  expect(held('11111011111')).toBe(1);
  expect(held('11110011111')).toBe(1);
  expect(held('11110001111')).toBeLessThan(0.5);
  expect(held('11101110111')).toBeLessThan(0.5);
  expect(held('1010101010101010101010101')).toBeLessThan(0.5);
});

test('half a second and more without a frame that could be judged begins anew', () => {
  expect(held('111   11111')).toBe(1);
  expect(held('1       1')).toBeLessThan(0.6);
  expect(held('1         1  ')).toBeLessThan(0.6);
});
