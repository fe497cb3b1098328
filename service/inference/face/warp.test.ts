import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelEntry } from '../models/manifest.ts';
import { createPyramid, type Picture } from '../pictures/picture.ts';
import { type Affine, applyAffine, cropToPicture } from './affine.ts';
import { appendMirrorImage, createWarp, finePyramidLevel, pyramidLevel } from './warp.ts';

type Input = ModelEntry['input'];
const plain: Input = {
  size: [9, 7],
  layout: 'NHWC',
  colour: 'RGB',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  batch: false,
};

function noise(width: number, height: number): Picture {
  let state = 12345;
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state >> 16;
  });
  return { width, height, pixels };
}

/** Bilinear by the book, one pixel and channel at a time, black outside. */
function reference({ width, height, pixels }: Picture, x: number, y: number, channel: number): number {
  const at = (column: number, row: number) =>
    column < 0 || row < 0 || column >= width || row >= height
      ? 0
      : pixels[(row * width + column) * 3 + channel]!;
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [fx, fy] = [x - 0.5 - left, y - 0.5 - top];
  return (
    (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top)) +
    fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1))
  );
}

test('agrees with bilinear sampling by the book for any crop, inside, across and beyond the edge', () => {
  const picture = noise(23, 17);
  const pyramid = createPyramid(picture);
  const into = new Float32Array(9 * 7 * 3);
  const warp = createWarp(plain);
  fc.assert(
    fc.property(
      fc.double({ min: -20, max: 40, noNaN: true }),
      fc.double({ min: -20, max: 40, noNaN: true }),
      fc.double({ min: 0.5, max: 13, noNaN: true }),
      fc.constantFrom(0, Math.PI / 2, Math.PI, -Math.PI / 2, 0.3, -1.1, 2.5),
      (x, y, side, angle) => {
        const map = cropToPicture({ centre: { x, y }, side, angle }, 9);
        warp(pyramid, map, into, 0);
        for (let row = 0; row < 7; row++) {
          for (let column = 0; column < 9; column++) {
            const point = applyAffine(map, column + 0.5, row + 0.5);
            for (let c = 0; c < 3; c++) {
              const difference = into[(row * 9 + column) * 3 + c]! - reference(picture, point.x, point.y, c);
              expect(Math.abs(difference)).toBeLessThan(0.5); // of 255: positions are rounded to 1/2048 on both axes
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the identity copies the picture, and pictures of one pixel are no trouble', () => {
  const picture = noise(9, 7);
  const into = new Float32Array(9 * 7 * 3);
  createWarp(plain)(createPyramid(picture), [1, 0, 0, 0, 1, 0], into, 0);
  expect([...into]).toEqual([...picture.pixels]);
  createWarp(plain)(createPyramid(noise(1, 1)), [0.01, 0, 0.4, 0, 0.01, 0.4], into, 0);
  for (const value of into) expect(value).toBeLessThanOrEqual(255);
});

test('writes the layout, the order of colours and the normalization that the manifest states', () => {
  const picture: Picture = { width: 2, height: 1, pixels: Uint8Array.of(10, 20, 30, 40, 50, 60) };
  const into = new Float32Array(10).fill(-1);
  const input: Input = {
    size: [2, 1],
    layout: 'NCHW',
    colour: 'BGR',
    mean: [1, 2, 3],
    scale: [2, 4, 8],
    batch: false,
  };
  createWarp(input)(createPyramid(picture), [1, 0, 0, 0, 1, 0], into, 2);
  expect([...into]).toEqual([-1, -1, 14.5, 29.5, 4.5, 12, 0.875, 4.625, -1, -1]);
});

test.each(['NHWC', 'NCHW'] as const)(
  'the mirror image of a chip is the warp of the mirrored picture (%s)',
  (layout) => {
    const picture = noise(9, 7);
    const flipped = noise(9, 7);
    for (let i = 0; i < 63; i++) {
      for (let c = 0; c < 3; c++) {
        flipped.pixels[3 * i + c] = picture.pixels[3 * (i - (i % 9) + 8 - (i % 9)) + c]!;
      }
    }
    const input: Input = { ...plain, layout };
    const identity: Affine = [1, 0, 0, 0, 1, 0];
    const both = new Float32Array(2 * 189);
    createWarp(input)(createPyramid(picture), identity, both, 0);
    appendMirrorImage(input, both, 0);
    const expected = new Float32Array(189);
    createWarp(input)(createPyramid(flipped), identity, expected, 0);
    expect([...both.subarray(189)]).toEqual([...expected]);
  },
);

test('shrinks on the level where a chip pixel spans 0.75 to 1.5 pixels, so that fine stripes become grey', () => {
  expect([0.3, 1, 1.5, 1.6, 3, 3.1, 100].map((scale) => pyramidLevel(scale, 4))).toEqual([
    0, 0, 0, 1, 1, 2, 4,
  ]);
  const stripes: Picture = {
    width: 64,
    height: 64,
    pixels: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 0 : 255)),
  };
  const into = new Float32Array(8 * 8 * 3);
  createWarp({ ...plain, size: [8, 8] })(createPyramid(stripes), [8, 0, 0, 0, 8, 0], into, 0);
  for (const value of into) expect(Math.abs(value - 128)).toBeLessThanOrEqual(1);
});

test('the finer level is one on which a chip pixel spans one to two pixels', () => {
  expect([0.3, 1, 1.9, 2, 3.9, 4, 100].map((scale) => finePyramidLevel(scale, 4))).toEqual([
    0, 0, 0, 1, 1, 2, 4,
  ]);
});
