import { expect, test } from 'vitest';
import shipped from './humanness-calibration.json' with { type: 'json' };
import { type HumannessCalibration, humannessOf, humannessOfLiveness, PROGRAM_ACTS } from './uniqueness.ts';

const calibration: HumannessCalibration = {
  maturity: 'experimental',
  measured: '2026-11-22T07:00',
  commit: 'abc',
  command: 'none',
  data: 'none',
  withPad: { base: -1, liveness: 2, pad: 0.5 },
  withoutPad: { base: -0.5, liveness: 1 },
  heldOut: {
    all: { sessions: 1, expectedCalibrationError: 0, brier: 0 },
    passed: { sessions: 1, expectedCalibrationError: 0, brier: 0 },
  },
};
const scoreFor = (parts: Parameters<typeof humannessOf>[0]) => humannessOf(parts, calibration).score;
const logistic = (x: number) => Math.round(100 / (1 + Math.exp(-x))) / 100;
const logit = (p: number) => Math.log(p / (1 - p));

test('the log-odds of the parts are weighed as measured, and the factors multiply up to the odds', () => {
  expect(scoreFor({ liveness: 0.8, pad: 0.6 })).toBe(logistic(-1 + 2 * logit(0.8) + 0.5 * logit(0.6)));
  expect(scoreFor({ liveness: 0.8 })).toBe(logistic(-0.5 + logit(0.8)));
  const { base, parts, score } = humannessOf({ liveness: 0.8, pad: 0.6 }, calibration);
  const odds = parts.reduce((product, { factor }) => product * factor, base);
  expect(parts.map(({ name }) => name)).toEqual(['liveness', 'pad']);
  expect(odds / (1 + odds)).toBeCloseTo(score, 2);
});

test('no part is believed beyond 0.99, and no score goes beyond it', () => {
  expect(scoreFor({ liveness: 1, pad: 1 })).toBe(0.99);
  expect(scoreFor({ liveness: 0, pad: 0 })).toBe(0.01);
  expect(scoreFor({ liveness: 1, pad: 0.5 })).toBe(scoreFor({ liveness: 0.99, pad: 0.5 }));
});

test('a program on the page lowers the odds by its measured ratio; other behavior is shown and counts nothing', () => {
  const without = humannessOf({ liveness: 0.8, pad: 0.6 }, calibration);
  const person = humannessOf(
    { liveness: 0.8, pad: 0.6, behavior: { confidence: 0.9, suspect: false } },
    calibration,
  );
  const thin = humannessOf({ liveness: 0.8, pad: 0.6, behavior: { suspect: false } }, calibration);
  const program = humannessOf(
    { liveness: 0.8, pad: 0.6, behavior: { confidence: 0.02, suspect: true } },
    calibration,
  );
  expect([person.score, thin.score]).toEqual([without.score, without.score]);
  expect(person.parts[2]).toEqual({ name: 'behavior', score: 0.9, factor: 1 });
  expect(thin.parts[2]).toEqual({ name: 'behavior', score: 0.5, factor: 1 });
  expect(program.score).toBe(logistic(-1 + 2 * logit(0.8) + 0.5 * logit(0.6) + Math.log(PROGRAM_ACTS)));
});

test('of a session it is the challenge, and the detection and the behavior among its evidence', () => {
  const pad = { kind: 'pad', strength: 0.7, details: {} };
  const times = { kind: 'times', details: {} };
  const behavior = { kind: 'behavior', strength: 0.02, details: { suspect: true } };
  expect(humannessOfLiveness({ score: 0.9, evidence: [times, pad] })).toEqual(
    humannessOf({ liveness: 0.9, pad: 0.7 }),
  );
  expect(humannessOfLiveness({ score: 0.9, evidence: [times] })).toEqual(humannessOf({ liveness: 0.9 }));
  expect(humannessOfLiveness({ score: 0.9, evidence: [times, behavior] })).toEqual(
    humannessOf({ liveness: 0.9, behavior: { confidence: 0.02, suspect: true } }),
  );
});

test('more liveness and more of a living face never lower the shipped score', () => {
  const steps = Array.from({ length: 21 }, (_, i) => i / 20);
  for (const pad of [undefined, ...steps]) {
    const scores = steps.map(
      (liveness) => humannessOf({ liveness, ...(pad !== undefined && { pad }) }).score,
    );
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
  }
  for (const liveness of steps) {
    const scores = steps.map((pad) => humannessOf({ liveness, pad }).score);
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
  }
  expect(shipped.heldOut.all.sessions).toBeGreaterThan(0);
});
