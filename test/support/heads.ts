import { mobilePoints } from '../../service/engine/matching/checks/motion-index.ts';
import type { MotionSample } from '../../service/inference/face.ts';

/** Pixels between the outer eye corners. */
const EYES = 90;

/** 468 points on half an ellipsoid, the eye corners, forehead and chin where they belong; outer eye corners 1 apart. */
const head: readonly (readonly [number, number, number])[] = Array.from({ length: 468 }, (_, i) => {
  const known = new Map<number, [number, number, number]>([
    [33, [-0.5, 0, 0.04]],
    [263, [0.5, 0, 0.04]],
    [10, [0, -0.6, -0.2]],
    [152, [0, 1, -0.1]],
  ]).get(i);
  if (known) return known;
  const [u, v] = [((i * 0.754877) % 1) * 2 - 1, ((i * 0.569841) % 1) * 2 - 1];
  return [0.7 * u, 0.2 + 0.8 * v, 0.6 * (u * u + 0.4 * v * v) - 0.4];
});

interface Movement {
  /** Degrees. */
  yaw: number;
  pitch: number;
  roll: number;
  /** Of the mouth, lids and brows, in outer-eye distances. */
  expression: number;
  eyesOpen: number;
}

/** Frames of a person who sits and looks: the head sways by half a degree, the mouth and lids move a little. */
export function livingHead(frames: number): MotionSample[] {
  return Array.from({ length: frames }, (_, i) =>
    pose({
      yaw: 0.7 * Math.sin(1.9 * i),
      pitch: 0.8 * Math.sin(1.3 * i + 1),
      roll: 0.4 * Math.sin(2.3 * i + 2),
      expression: 0.006 * Math.sin(2.9 * i + 0.5),
      eyesOpen: 0.3 + 0.015 * Math.sin(3.7 * i),
    }),
  );
}

/** Frames of a photograph in a hand that holds nearly still: the face is always the same but for noise. */
export function turnedPhotograph(frames: number): MotionSample[] {
  return Array.from({ length: frames }, (_, i) =>
    pose({
      yaw: 0.12 * Math.sin(1.9 * i),
      pitch: 0.15 * Math.sin(1.3 * i + 1),
      roll: 0.3 * Math.sin(2.3 * i + 2),
      expression: 0.0002 * Math.sin(2.9 * i),
      eyesOpen: 0.3 + 0.001 * Math.sin(3.7 * i),
    }),
  );
}

/** A rigid turn about the head's centre after the mobile points have moved down by `expression`. */
function pose({ yaw, pitch, roll, expression, eyesOpen }: Movement): MotionSample {
  const mobile = new Set(mobilePoints);
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const mesh = new Float32Array(1404);
  for (const [i, [x0, y0, z0]] of head.entries()) {
    const y1 = y0 + (mobile.has(i) ? expression * Math.cos(i) * 2 : 0);
    const [x2, z2] = [x0 * Math.cos(a) - z0 * Math.sin(a), x0 * Math.sin(a) + z0 * Math.cos(a)];
    const [y3, z3] = [y1 * Math.cos(b) - z2 * Math.sin(b), y1 * Math.sin(b) + z2 * Math.cos(b)];
    mesh[3 * i] = 320 + EYES * (x2 * Math.cos(c) - y3 * Math.sin(c));
    mesh[3 * i + 1] = 240 + EYES * (x2 * Math.sin(c) + y3 * Math.cos(c));
    mesh[3 * i + 2] = EYES * z3;
  }
  return { pose: { yaw, pitch, roll }, mesh, eyesOpen };
}
