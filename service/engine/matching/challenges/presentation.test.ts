import { expect, test } from 'vitest';
import { challengePad } from '../../../../test/support/challenge-frames.ts';
import { analysisOf } from '../../../../test/support/faces.ts';
import { livingHead, turnedPhotograph } from '../../../../test/support/heads.ts';
import { judgePresentation } from './verdict.ts';

const looks = (...scores: number[]) => scores.map((live, i) => analysisOf(`${i}`, { live }));
const timed = (samples: ReturnType<typeof livingHead>) =>
  samples.map((sample, i) => ({ at: 400 * i, sample }));
const rules = { pad: challengePad, strict: false, moving: true };

test('the mean of logits decides, not one frame', () => {
  expect(judgePresentation(looks(0.99, 0.97, 0.2, 0.98), [], rules).live).toBe(true);
  expect(judgePresentation(looks(0.01, 0.02, 0.7, 0.05), [], rules).live).toBe(false);
});

test('a head as still as a photograph counts against it; motion that was asked for never counts for it', () => {
  const undecided = looks(0.55, 0.55, 0.55);
  const living = timed(livingHead(12));
  const photograph = timed(turnedPhotograph(12));
  expect(judgePresentation(undecided, living, rules).live).toBe(true);
  expect(judgePresentation(undecided, photograph, rules).live).toBe(false);
  const doubtful = looks(0.45, 0.45, 0.45);
  expect(judgePresentation(doubtful, living, rules).live).toBe(false);
  expect(judgePresentation(doubtful, living, { ...rules, moving: false }).live).toBe(true);
});

test('motion is judged over three seconds, and recorded without a model too', () => {
  expect(judgePresentation(looks(0.9, 0.9, 0.9), timed(livingHead(6)), rules).evidence).toHaveLength(1);
  const { live, evidence } = judgePresentation(looks(0.9), timed(turnedPhotograph(12)), {
    ...rules,
    pad: undefined,
  });
  expect(live).toBeUndefined();
  expect(evidence).toMatchObject([{ kind: 'motion', details: { motionless: true } }]);
});
