import { expect, test } from 'vitest';
import { modelEntry } from '../../../test/support/engine.ts';
import { combineScores } from '../models/manifest.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import { createPyramid, type Picture } from '../pictures/picture.ts';
import { createPresentationScore, padCrop } from './face-models.ts';

const crop = { scale: 2.7, boxWidth: 0.9, boxHeight: 1.2, centreUp: 0.12 };

test('the box is reshaped about its raised centre and enlarged', () => {
  const found = padCrop({ x: 400, y: 400, width: 100, height: 100 }, crop, 1000, 1000);
  expect(found.x).toBeCloseTo(450 - 121.5, 9);
  expect(found.y).toBeCloseTo(438 - 162, 9);
  expect([found.width, found.height]).toEqual([expect.closeTo(243, 9), expect.closeTo(324, 9)]);
});

test('at the edge it is shifted, not cut', () => {
  const found = padCrop({ x: 0, y: 880, width: 100, height: 100 }, crop, 1000, 1000);
  expect(found).toEqual({
    x: 0,
    y: expect.closeTo(676, 9),
    width: expect.closeTo(243, 9),
    height: expect.closeTo(324, 9),
  });
});

test('larger than the picture it is reduced, keeping its shape', () => {
  const found = padCrop({ x: 100, y: 100, width: 200, height: 200 }, crop, 400, 400);
  expect(found.height).toBeCloseTo(400, 9);
  expect(found.width).toBeCloseTo(300, 9);
  expect(found.y).toBeCloseTo(0, 9);
});

test('a smaller share of the largest crop that fits, about the same place', () => {
  const box = { x: 100, y: 100, width: 200, height: 200 };
  const full = padCrop(box, crop, 400, 400);
  const less = padCrop(box, crop, 400, 400, 0.75);
  expect([less.width, less.height]).toEqual([
    expect.closeTo(full.width * 0.75, 9),
    expect.closeTo(full.height * 0.75, 9),
  ]);
  expect(less.x + less.width / 2).toBeCloseTo(full.x + full.width / 2, 9);
});

/** A model that answers with the mean of every picture of the batch. */
function brightness(batch: boolean) {
  const runs: number[] = [];
  const entry = modelEntry('pad-1', 'pad', {
    crop: { scale: 2, boxWidth: 1, boxHeight: 1, centreUp: 0 },
    input: { size: [8, 8], layout: 'NCHW', colour: 'RGB', mean: [0, 0, 0], scale: [255, 255, 255], batch },
  });
  const model: OnnxModel = {
    entry,
    resizable: false,
    async run(input, count) {
      runs.push(count);
      const length = 8 * 8 * 3;
      const mean = (part: Float32Array) => part.reduce((sum, value) => sum + value, 0) / length;
      return {
        live: Float32Array.from({ length: count }, (_, i) =>
          mean(input.subarray(i * length, (i + 1) * length)),
        ),
      };
    },
  };
  return { model, runs };
}

/** White in the middle half, black around it. */
const target: Picture = {
  width: 64,
  height: 64,
  pixels: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % 64;
    const y = Math.floor(i / (3 * 64));
    return x >= 16 && x < 48 && y >= 16 && y < 48 ? 255 : 0;
  }),
};

test.each([
  [true, [3]],
  [false, [1, 1, 1]],
])('every share is seen, in one batch where the model takes one (%s)', async (batch, expected) => {
  const { model, runs } = brightness(batch);
  const box = { x: 24, y: 24, width: 16, height: 16 };
  const live = await createPresentationScore(model)(createPyramid(target), box, [1, 0.5, 0.25]);
  expect([...live]).toEqual([1, 1, 1]);
  expect(runs).toEqual(expected);
  // Twice the box is the white square; four times shows as much black as the shares leave in it.
  const wide = { x: 16, y: 16, width: 32, height: 32 };
  const seen = await createPresentationScore(model)(createPyramid(target), wide, [1, 0.75, 0.5]);
  expect([...seen]).toEqual([expect.closeTo(0.25, 2), expect.closeTo(1 / 2.25, 1), 1]);
});

test('a crop at the edge of the picture sees no black that is not there', async () => {
  const white: Picture = { width: 30, height: 30, pixels: new Uint8Array(30 * 30 * 3).fill(255) };
  const { model } = brightness(true);
  const box = { x: 0, y: 0, width: 15, height: 15 };
  expect([...(await createPresentationScore(model)(createPyramid(white), box, [1]))]).toEqual([1]);
});

test.each(['NCHW', 'NHWC'] as const)(
  'a chip pixel is the mean of what it covers, and nothing else (%s)',
  async (layout) => {
    // Three pixels wide, as one of the eight columns of the chip.
    const bar: Picture = {
      width: 24,
      height: 24,
      pixels: Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) =>
        Math.floor((Math.floor(i / 3) % 24) / 3) === 4 ? 255 : 0,
      ),
    };
    const columns: number[] = [];
    const { model } = brightness(true);
    const input = { ...model.entry.input, layout };
    const seeing: OnnxModel = {
      ...model,
      entry: { ...model.entry, input },
      async run(data, count) {
        for (let x = 0; x < 8; x++) columns.push(data[layout === 'NCHW' ? 24 + x : 3 * (24 + x)]!);
        return { live: new Float32Array(count) };
      },
    };
    await createPresentationScore(seeing)(createPyramid(bar), { x: 6, y: 6, width: 12, height: 12 }, [1]);
    for (const [x, value] of columns.entries()) {
      if (x === 4) expect(value).toBeGreaterThan(0.9);
      else expect(value).toBeLessThan(0.1);
    }
  },
);

test('margins are averaged, not probabilities, and the offset moves the even point', () => {
  const of = (...weights: number[]) => ({
    models: weights.map((weight, i) => ({ model: `net-${i}`, weight })),
    combine: 'mean-of-margins' as const,
  });
  const set = { ...of(0.5, 0.5), offset: 1 };
  const logistic = (value: number) => 1 / (1 + Math.exp(-value));
  const seen = [Float32Array.of(logistic(4), logistic(0)), Float32Array.of(logistic(-1), logistic(1))];
  expect(combineScores(set, seen)).toBeCloseTo(0.5, 6);
  expect(combineScores(of(0.5, 0.5), seen)).toBeCloseTo(logistic(1), 6);
  expect(combineScores(of(1, 0.25), seen)).toBeCloseTo(logistic(2), 6);
  expect(
    combineScores({ ...of(1), combine: 'mean-of-live-probabilities' }, [Float32Array.of(0.25, 0.75)]),
  ).toBe(0.5);
  // Certain models stay finite.
  const alone = { ...of(1), offset: 1 };
  expect(combineScores(alone, [Float32Array.of(1, 1)])).toBeCloseTo(1, 6);
  expect(combineScores(alone, [Float32Array.of(0, 1)])).toBeCloseTo(logistic(-1), 6);
});
