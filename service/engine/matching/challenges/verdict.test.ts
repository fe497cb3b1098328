import { expect, test } from 'vitest';
import { drawn } from '../../../../test/support/challenge-actor.ts';
import { challengeAnalysis, challengeModels } from '../../../../test/support/challenge-frames.ts';
import { createCollection } from './challenge.ts';
import { seenFrame } from './seen-frame.ts';
import { judgeAttempt } from './verdict.ts';

const frame = (at: number, needs: 'landmarks' | 'identity', yaw = 0) => {
  const analysis = challengeAnalysis(`${at}`, { yaw }, needs);
  return { analysis, seen: seenFrame(at, analysis.face!) };
};

test('two frames that were identified are too few, three are enough', () => {
  const collection = createCollection();
  const verdict = () => judgeAttempt({ ...collection, steps: [] }, drawn(['turn-left']), challengeModels);
  for (const [at, reasons] of [
    [0, ['TOO_LITTLE_SEEN']],
    [700, ['TOO_LITTLE_SEEN']],
    [1400, []],
  ] as const) {
    const { seen, analysis } = frame(at, 'identity');
    collection.add(seen, analysis, false);
    expect(verdict().reasons).toEqual(reasons);
  }
});

test('a frame is identified every 600 ms, when the face was out of sight, and once in the asked pose', () => {
  const collection = createCollection();
  const add = (at: number, needs: 'landmarks' | 'identity', fresh = false, yaw = 0) => {
    const { seen, analysis } = frame(at, needs, yaw);
    collection.add(seen, analysis, fresh);
    return collection.needsIdentity(seen);
  };
  expect(add(0, 'landmarks')).toBe(true);
  expect(add(100, 'identity')).toBe(false);
  expect(add(300, 'landmarks')).toBe(false);
  expect(add(400, 'landmarks', true)).toBe(true);
  expect(add(500, 'identity')).toBe(false);
  collection.reached(1, 550);
  expect(add(600, 'landmarks', false, 20)).toBe(true);
  expect(add(650, 'landmarks', false, 35)).toBe(false);
  expect(add(700, 'identity', false, 20)).toBe(false);
  collection.reached(1, 700);
  collection.reached(1, 800);
  expect(add(900, 'landmarks', false, 20)).toBe(false);
  expect(add(1300, 'landmarks')).toBe(true);
});
