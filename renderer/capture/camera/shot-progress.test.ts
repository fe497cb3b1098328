import { expect, test } from 'vitest';
import type { FrameAnswer } from './guidance-link.ts';
import { BLURRED_FOR, createShotProgress, KEPT, STEADY } from './shot-progress.ts';

const good: FrameAnswer = {
  is: 'guidance',
  good: true,
  passed: ['face', 'distance', 'light', 'pose', 'eyes', 'focus'],
};
const bad = (code: string): FrameAnswer => ({
  is: 'guidance',
  good: false,
  worst: { step: 'x', code },
  passed: ['face'],
});

test('one instruction stays for 1.2 s, whatever comes in between', () => {
  const progress = createShotProgress();
  const said = [];
  const answers = ['TOO_FAR', 'TOO_DARK', 'NOT_FRONTAL', 'TOO_FAR', 'EYES_CLOSED', 'EYES_CLOSED', 'TOO_DARK'];
  for (const [i, code] of answers.entries()) {
    progress.update(bad(code), i * 300);
    said.push(progress.shown().instruction);
  }
  expect(said).toEqual([
    'TOO_FAR',
    'TOO_FAR',
    'TOO_FAR',
    'TOO_FAR',
    'EYES_CLOSED',
    'EYES_CLOSED',
    'EYES_CLOSED',
  ]);
});

test('a picture is taken once all was in order for long enough, and what is wrong begins anew', () => {
  const progress = createShotProgress();
  expect(progress.update(good, 0)).toEqual({ take: false });
  expect(progress.update(good, STEADY - 1)).toEqual({ take: false });
  expect(progress.update(bad('TOO_FAR'), STEADY)).toEqual({ take: false });
  expect(progress.shown().ring).toBe(0);
  const again = STEADY + 2 * KEPT;
  progress.update(good, again);
  expect(progress.update(good, again + STEADY / 2)).toEqual({ take: false });
  expect(progress.shown()).toMatchObject({ instruction: 'hold', ring: 0.5 });
  expect(progress.update(good, again + STEADY)).toEqual({ take: true });
});

test('after a picture the next one is not begun before the person has read that it was taken', () => {
  const progress = createShotProgress();
  progress.update(good, 0);
  progress.taken(STEADY);
  expect(progress.shown()).toMatchObject({ instruction: 'taken', ring: 1, passed: true });
  expect(progress.update(good, STEADY + KEPT - 1)).toEqual({ take: false });
  expect(progress.shown().instruction).toBe('taken');
  expect(progress.update(good, STEADY + KEPT)).toEqual({ take: false });
  expect(progress.update(good, STEADY + KEPT + STEADY)).toEqual({ take: true });
});

test('a dropped frame changes nothing', () => {
  const progress = createShotProgress();
  progress.update(bad('TOO_FAR'), 0);
  const before = progress.shown();
  progress.update({ is: 'dropped' }, 5000);
  expect(progress.shown()).toBe(before);
});

test('a picture that stays blurred asks for the lens, and one that becomes sharp does not', () => {
  const progress = createShotProgress();
  const saidAt = (code: string, now: number) => {
    progress.update(bad(code), now);
    return progress.shown().instruction;
  };
  expect(saidAt('BLURRED', 0)).toBe('BLURRED');
  expect(saidAt('BLURRED', BLURRED_FOR - 1)).toBe('BLURRED');
  expect(saidAt('BLURRED', BLURRED_FOR)).toBe('WIPE_LENS');
  progress.update(good, BLURRED_FOR + KEPT);
  expect(progress.shown().instruction).toBe('hold');
  expect(saidAt('BLURRED', BLURRED_FOR + 2 * KEPT)).toBe('BLURRED');
});
