import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn } from '../../../../test/support/challenge-actor.ts';
import { challengeAnalysis, challengeModels, timedFrame } from '../../../../test/support/challenge-frames.ts';
import { createChallenge } from './challenge.ts';
import type { StepName } from './steps/registered-steps.ts';

const LIMIT = 5000;
const steps: StepName[] = ['turn-left', 'turn-right', 'look-up', 'look-down', 'come-closer', 'blink'];

/** A person who faces the camera and does nothing of the step: frames of it and ms until the attempt is over. */
function wait(name: StepName, pace: () => number) {
  const challenge = createChallenge(drawn([name]), challengeModels);
  let at = 1000;
  const observe = () =>
    challenge.observe(
      timedFrame(at, challengeAnalysis(`${at}`, { yaw: Math.sin(at / 310) }, challenge.needs)),
    );
  for (; challenge.phase === 'guiding'; at += 100) observe();
  const from = at - 100;
  let frames = 0;
  let last = at;
  for (let gap = pace(); challenge.phase !== 'over'; gap = pace()) {
    last = at;
    observe();
    frames += 1;
    at += gap;
  }
  return { frames, took: last - from, result: challenge.result(1_000_000 + at) };
}

test.each(steps)('ten frames a second leave the usual time: %s', (name) => {
  const { took, result } = wait(name, () => 100);
  expect(took).toBeGreaterThan(LIMIT);
  expect(took).toBeLessThan(LIMIT + 400);
  expect(result.reasons).toEqual(['TIME_OVER']);
});

test.each(steps)('fewer frames a second lengthen every step, until as many could be judged: %s', (name) => {
  for (const pace of [125, 160, 200]) {
    const { took, frames, result } = wait(name, () => pace);
    // 5 s at nine frames a second, less the frames of the first two seconds, whose rate is that of the frames before
    expect(frames).toBeGreaterThan(Math.min(45, (2 * LIMIT) / pace) - 8);
    expect(took).toBeGreaterThan(LIMIT + 300);
    expect(result.reasons).toEqual([pace > 170 || name === 'blink' ? 'FRAMES_TOO_SLOW' : 'TIME_OVER']);
  }
});

test('whatever the pace, a step ends within the double of its time and one frame', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...steps),
      fc.array(fc.integer({ min: 30, max: 1400 }), { minLength: 5, maxLength: 60 }),
      (name, gaps) => {
        let index = 0;
        const { took } = wait(name, () => gaps[index++ % gaps.length]!);
        expect(took).toBeGreaterThan(LIMIT);
        // It begins with its first frame that faces the camera.
        expect(took).toBeLessThanOrEqual(2 * LIMIT + 2 * Math.max(...gaps));
      },
    ),
    { numRuns: 60 },
  );
});
