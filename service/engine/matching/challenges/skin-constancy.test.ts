import { expect, test } from 'vitest';
import { challengeAnalysis } from '../../../../test/support/challenge-frames.ts';
import { skinConstancy } from './head-shape.ts';

const textureOf = (yaw: number): Float32Array =>
  challengeAnalysis('frame', { yaw }, 'landmarks').face!.challenge!.texture;

test('skin under light that moves is less and less like itself; a picture that is warped stays the same', () => {
  const neutral = textureOf(0);
  const [little, much] = [textureOf(5), textureOf(20)];
  expect(skinConstancy(neutral, neutral)).toBeCloseTo(Math.atanh(0.9995), 5);
  expect(skinConstancy(neutral, little)).toBeGreaterThan(skinConstancy(neutral, much));
  expect(
    skinConstancy(
      neutral,
      neutral.map((value) => -2 * value),
    ),
  ).toBeCloseTo(-Math.atanh(0.9995), 5);
});

test('blocks beyond the skin do not count, and a face without skin has no value', () => {
  const [a, b] = [textureOf(0), textureOf(20)];
  const covered = (texture: Float32Array) => texture.map((value, i) => (i < 16 * 80 ? 0 : value));
  expect(skinConstancy(covered(a), b)).not.toBe(skinConstancy(a, b));
  expect(skinConstancy(covered(a), covered(b))).toBe(skinConstancy(covered(a), b));
  expect(skinConstancy(new Float32Array(6400), b)).toBe(Number.NaN);
});
