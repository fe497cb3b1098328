import { expect, test } from 'vitest';
import { challengeAnalysis, type HeadScript } from '../../../../test/support/challenge-frames.ts';
import { flattening, leftover, mobility } from './head-shape.ts';

const meshOf = (script: HeadScript): Float32Array =>
  challengeAnalysis('frame', script, 'landmarks').face!.motion.mesh;
const neutral = meshOf({});
const of = (turned: Float32Array, yaw: number) => flattening(leftover(neutral, turned), yaw);

/** The sides of the face come forward by a share of the eyes' distance, before it is turned. */
function flatter(yaw: number, share: number): Float32Array {
  const mesh = meshOf({ yaw });
  const eyes = Math.abs(neutral[3 * 263]! - neutral[3 * 33]!);
  const angle = (yaw * Math.PI) / 180;
  for (const point of [93, 234, 127, 162, 356, 454, 323, 389]) {
    mesh[3 * point]! += share * eyes * Math.sin(angle);
    mesh[3 * point + 2]! -= share * eyes * Math.cos(angle);
  }
  return mesh;
}

test('a head keeps its shape, wherever it turns and however near it is', () => {
  for (const yaw of [15, -15, 25, -35])
    for (const script of [{ yaw }, { yaw, pitch: 12 }, { yaw, closer: 1.3, x: 0.2 }])
      expect(of(meshOf(script), yaw)).toBeCloseTo(0, 3);
});

test('sides that come forward are a flatter face, to either side alike', () => {
  // 4 % at 18 degrees: 2.2 thousandths a degree, of which the fit takes a part
  const [left, right] = [18, -18].map((yaw) => of(flatter(yaw, 0.04), yaw));
  expect(left).toBeGreaterThan(1);
  expect(left).toBeLessThan(2.3);
  expect(right).toBeCloseTo(left!, 1);
  expect(of(flatter(18, 0.08), 18)).toBeCloseTo(2 * left!, 0);
  expect(of(flatter(18, -0.04), 18)).toBeLessThan(-1);
});

test('an eye that turns away and moves to the middle is a flatter face', () => {
  const mesh = meshOf({ yaw: 18 });
  mesh[3 * 263]! -= 2;
  expect(of(mesh, 18)).toBeGreaterThan(1);
});

test('points that are no face have no shape to keep', () => {
  const nothing = leftover(new Float32Array(1404), meshOf({ yaw: 18 }));
  expect(flattening(nothing, 18)).toBe(Number.POSITIVE_INFINITY);
  expect(mobility(nothing)).toBe(Number.NaN);
  expect(of(meshOf({ yaw: 18 }).fill(Number.NaN), 18)).toBe(Number.POSITIVE_INFINITY);
});

test('mouth, lids and brows move beside the head, however it is turned', () => {
  const moved = (script: HeadScript) => mobility(leftover(neutral, meshOf(script)));
  expect(moved({ yaw: 20 })).toBeCloseTo(0, 3);
  expect(moved({ yaw: 20, expression: 0.05 })).toBeGreaterThan(0.02);
  expect(moved({ yaw: -20, closer: 1.2, expression: 0.1 })).toBeCloseTo(2 * moved({ expression: 0.05 }), 2);
});
