import { expect, test } from 'vitest';
import { challengeAnalysis, type HeadScript } from '../../../../test/support/challenge-frames.ts';
import { measureTurn, type TurnMeasures, turnFinding, yawDisputed } from './head-shape.ts';
import { type Baseline, baselineOf, type SeenFrame, seenFrame } from './seen-frame.ts';

const seen = (script: HeadScript): SeenFrame =>
  seenFrame(0, challengeAnalysis('frame', script, 'landmarks').face!);
const baseline: Baseline = baselineOf([-1, 0, 0, 0, 1].map((yaw) => seen({ yaw })))!;

/** The frontal face with every point moved sideways by its height: nose and mouth go the same way, as on a sheared sheet. */
function sheared(by: number): SeenFrame {
  const frame = seen({ yaw: 18 });
  const mesh = baseline.frames[0]!.mesh.slice();
  for (let i = 0; i < mesh.length; i += 3) mesh[i]! += by * (mesh[i + 1]! - 240);
  return { ...frame, mesh };
}

test('the nose of a turned head leaves the plane of eyes and mouth, that of a sheet does not', () => {
  for (const yaw of [15, -15, 20, 30]) {
    const { parallax } = measureTurn(seen({ yaw }), baseline);
    expect(parallax).toBeGreaterThan(0.045);
  }
  const sheet = sheared(0.35);
  // the yaw by nose and eyes is satisfied by it, so that only the parallax sees it
  expect(yawDisputed(sheet, baseline)).toBe(false);
  const measures = measureTurn(sheet, baseline);
  expect(measures.parallax).toBeLessThan(0.01);
  expect(turnFinding([measures, measures]).depth).toBeLessThan(1);
});

test('two readings of the yaw that differ by more than eight degrees are disputed', () => {
  for (const yaw of [-25, -15, 0, 15, 25]) expect(yawDisputed(seen({ yaw }), baseline)).toBe(false);
  expect(yawDisputed(seen({ yaw: 20, noseYaw: 5 }), baseline)).toBe(true);
  expect(yawDisputed(seen({ yaw: -20, noseYaw: 0 }), baseline)).toBe(true);
});

const live: TurnMeasures = {
  yaw: -18,
  parallax: 0.09,
  flattening: 0.8,
  rigidResidual: 0.04,
  mobility: 0.05,
  constancy: 1.2,
};

test('medians count, because an attacker offers many frames', () => {
  const bent: TurnMeasures = { ...live, parallax: 0.072, rigidResidual: 0.08, flattening: 4.6 };
  const animated: TurnMeasures = { ...live, constancy: 2.4 };
  const usual = { depth: 5, flattening: 0.8, rigidResidual: 0.04, mobility: 0.05, constancy: 1.2 };
  expect(turnFinding([live, live, bent])).toEqual({ frames: 3, parallax: 0.09, ...usual });
  expect(turnFinding([bent, bent, live])).toMatchObject({ depth: 4, flattening: 4.6, rigidResidual: 0.08 });
  expect(turnFinding([animated, animated, live]).constancy).toBe(2.4);
});

test('what was not measured is no number', () => {
  expect(turnFinding([])).toMatchObject({ frames: 0, depth: Number.NaN, constancy: Number.NaN });
  expect(turnFinding([{ yaw: 18, parallax: 0.08, flattening: 0, mobility: 0 }])).toMatchObject({
    rigidResidual: Number.NaN,
    constancy: Number.NaN,
  });
});
