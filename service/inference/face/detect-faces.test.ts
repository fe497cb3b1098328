import { expect, test } from 'vitest';
import { createBlazefaceDecoder } from './detect-faces.ts';

const quiet = () => ({ scores: new Float32Array(896).fill(-10), boxes: new Float32Array(896 * 16) });

test('reads a box and its eyes relative to the anchor, in input pixels', () => {
  const { scores, boxes } = quiet();
  // anchors of stride 16 come in pairs, row by row: 2 · (3 · 16 + 5) is cell x 5, y 3, with its centre at (88, 56)
  const first = 2 * (3 * 16 + 5);
  scores[first] = 2;
  boxes.set([1, -2, 40, 50, -8, -6, 9, -5], first * 16);
  // then six per cell of stride 32: cell x 7, y 7 has its centre at (240, 240)
  const last = 512 + 6 * 63 + 5;
  scores[last] = 0.01;
  boxes.set([0, 0, 10, 10, -1, -1, 1, 1], last * 16);
  expect(createBlazefaceDecoder(256, 0.5)(scores, boxes)).toEqual([
    {
      box: { x: 69, y: 29, width: 40, height: 50 },
      score: 1 / (1 + Math.exp(-2)),
      eyes: [
        { x: 80, y: 50 },
        { x: 97, y: 51 },
      ],
    },
    {
      box: { x: 235, y: 235, width: 10, height: 10 },
      score: expect.closeTo(0.5025, 4),
      eyes: [
        { x: 239, y: 239 },
        { x: 241, y: 241 },
      ],
    },
  ]);
});

test('nothing below the threshold, no box without a size, and no answer of another shape', () => {
  const { scores, boxes } = quiet();
  scores[0] = 1; // above 0.5, but its box has no size
  const decode = createBlazefaceDecoder(256, 0.8);
  expect(decode(scores, boxes)).toEqual([]);
  boxes.fill(5);
  expect(decode(scores, boxes)).toEqual([]);
  scores[0] = 2;
  expect(decode(scores, boxes)).toHaveLength(1);
  scores[0] = Number.NaN;
  expect(decode(scores, boxes)).toEqual([]);
  expect(() => decode(scores.subarray(1), boxes)).toThrow('895 anchors');
});
