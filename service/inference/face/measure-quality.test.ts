import { expect, test } from 'vitest';
import { createPyramid, type Picture } from '../pictures/picture.ts';
import { createChipMeasures, qualityOf } from './measure-quality.ts';

/** A mesh whose five aligned points lie where the chip maps one to one on a picture of 150 pixels. */
function mesh(): Float32Array {
  const points = new Float32Array(468 * 3);
  const place = (index: number, x: number, y: number) =>
    points.set([25 + 100 * x, 25 + 100 * y, 0], 3 * index);
  place(263, 0.8595675, 0.2134982);
  place(362, 0.6460605, 0.2289674);
  place(33, 0.1205751, 0.2137275);
  place(133, 0.3340851, 0.2290642);
  place(2, 0.4901123, 0.6277975);
  return points;
}
function picture(value: (x: number, y: number) => number): Picture {
  const pixels = new Uint8Array(150 * 150 * 3);
  for (let i = 0; i < 150 * 150; i++) pixels.fill(value(i % 150, Math.floor(i / 150)), 3 * i, 3 * i + 3);
  return { width: 150, height: 150, pixels };
}
const measure = createChipMeasures();
const of = (value: (x: number, y: number) => number) => measure(createPyramid(picture(value)), mesh());

test('light and its extremes are shares of the inner face', () => {
  const half = of((x) => (x < 75 ? 0 : 255));
  expect(half.luminance).toBeCloseTo(0.5, 2);
  expect(half.overExposure).toBeCloseTo(0.5, 1);
  expect(half.underExposure).toBeCloseTo(0.5, 1);
  const even = of(() => 128);
  expect(even).toEqual({
    sharpness: expect.closeTo(0, 3),
    luminance: expect.closeTo(128 / 255, 4),
    overExposure: 0,
    underExposure: 0,
  });
});

test('sharpness falls when the same texture is smoothed', () => {
  const fine = of((x, y) => 128 + 60 * Math.sin(x) * Math.sin(y));
  const smooth = of((x, y) => 128 + 60 * Math.sin(x / 8) * Math.sin(y / 8));
  expect(fine.sharpness).toBeGreaterThan(20 * smooth.sharpness);
});

test('margin is the nearest edge in face widths, negative when cut', () => {
  const seen = {
    chip: of(() => 128),
    interEyeDistance: 60,
    pose: { yaw: 1, pitch: 2, roll: 3 },
    eyesOpen: 0.3,
    picture: { width: 640, height: 480 },
  };
  expect(qualityOf({ ...seen, box: { x: 200, y: 100, width: 100, height: 120 } })).toEqual({
    interEyeDistance: 60,
    ...seen.chip,
    pose: { yaw: 1, pitch: 2, roll: 3 },
    eyesOpen: 0.3,
    margin: 1,
    frameShare: 100 / 640,
  });
  expect(qualityOf({ ...seen, box: { x: -20, y: 100, width: 100, height: 120 } }).margin).toBe(-0.2);
});
