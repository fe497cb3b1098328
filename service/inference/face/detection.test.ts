import { expect, test } from 'vitest';
import { type Detection, mergeOverlaps, overlap, prominence } from './detection.ts';

const face = (x: number, y: number, width: number, score: number): Detection => ({
  box: { x, y, width, height: width },
  score,
  eyes: [
    { x: x + 1, y },
    { x: x + 2, y },
  ],
});

test('overlap is area in common over area covered', () => {
  expect(overlap({ x: 0, y: 0, width: 2, height: 2 }, { x: 1, y: 0, width: 2, height: 2 })).toBeCloseTo(
    1 / 3,
    12,
  );
  expect(overlap({ x: 0, y: 0, width: 2, height: 2 }, { x: 2, y: 0, width: 2, height: 2 })).toBe(0);
});

test('overlapping detections become one, averaged by score; others stay', () => {
  expect(mergeOverlaps([face(100, 0, 10, 0.6), face(0, 0, 10, 0.75), face(3, 0, 10, 0.25)], 0.3)).toEqual([
    {
      box: { x: 0.75, y: 0, width: 10, height: 10 },
      score: 0.75,
      eyes: [
        { x: 1.75, y: 0 },
        { x: 2.75, y: 0 },
      ],
    },
    face(100, 0, 10, 0.6),
  ]);
  expect(mergeOverlaps([], 0.3)).toEqual([]);
});

test('a bystander who is cut by the edge does not outrank the person in the middle', () => {
  const picture = { width: 250, height: 250 };
  const middle = { x: 77, y: 82, width: 111, height: 111 };
  expect(prominence(middle, picture)).toBeGreaterThan(
    prominence({ x: -34, y: -11, width: 131, height: 131 }, picture),
  );
  expect(prominence(middle, picture)).toBeLessThan(
    prominence({ x: 20, y: 40, width: 190, height: 190 }, picture),
  );
});
