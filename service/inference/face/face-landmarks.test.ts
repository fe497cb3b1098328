import { expect, test } from 'vitest';
import { headPose, meanHead } from './face-landmarks.ts';

/** The mean head, turned, as a mesh of 468 points in a crop of 192 pixels. */
function mesh(turn: (x: number, y: number, z: number) => [number, number, number]): Float32Array {
  const points = new Float32Array(468 * 3);
  for (const [index, x, y, z] of meanHead) {
    turn(x, y, z).forEach((value, axis) => {
      points[3 * index + axis] = 70 * value + (axis < 2 ? 96 : 0);
    });
  }
  return points;
}
const radians = (degrees: number) => (degrees * Math.PI) / 180;

test('a head that looks at the camera has no angles', () => {
  const pose = headPose(
    mesh((x, y, z) => [x, y, z]),
    0,
  );
  expect(pose.yaw).toBeCloseTo(0, 4);
  expect(pose.pitch).toBeCloseTo(0, 4);
  expect(pose.roll).toBeCloseTo(0, 4);
});

test('yaw is positive when the nose points to the right of the picture', () => {
  // the nose has the smallest z; turning it right moves it to a larger x
  const [c, s] = [Math.cos(radians(20)), Math.sin(radians(20))];
  const turned = mesh((x, y, z) => [c * x - s * z, y, s * x + c * z]);
  expect(turned[3 * 4]!).toBeGreaterThan(100);
  const pose = headPose(turned, 0);
  expect(pose.yaw).toBeCloseTo(20, 3);
  expect(pose.pitch).toBeCloseTo(0, 3);
});

test('pitch is positive when the nose points down', () => {
  const [c, s] = [Math.cos(radians(15)), Math.sin(radians(15))];
  const bowed = mesh((x, y, z) => [x, c * y - s * z, s * y + c * z]);
  const pose = headPose(bowed, 0);
  expect(pose.pitch).toBeCloseTo(15, 3);
  expect(pose.yaw).toBeCloseTo(0, 3);
});

test('roll is positive clockwise, the turn of the crop is added, and it stays within half a circle', () => {
  const [c, s] = [Math.cos(radians(30)), Math.sin(radians(30))];
  const tilted = mesh((x, y, z) => [c * x - s * y, s * x + c * y, z]);
  expect(headPose(tilted, 0).roll).toBeCloseTo(30, 3);
  expect(headPose(tilted, radians(10)).roll).toBeCloseTo(40, 3);
  expect(headPose(tilted, radians(170)).roll).toBeCloseTo(-160, 3);
});
