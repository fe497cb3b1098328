import { expect, test } from 'vitest';
import { correlation } from '../../lib/vectors.ts';
import { createPyramid, type Picture } from '../pictures/picture.ts';
import { backgroundColor, createFacePlane } from './challenge-measures.ts';
import { meanHead, rigidResidual } from './face-landmarks.ts';

const EYES = 120;
const CENTRE = { x: 160, y: 120 };

/** The mean head, turned by `yaw` degrees, in a picture of 320 x 240. */
function meshAt(yaw: number, scale = EYES): Float32Array {
  const mesh = new Float32Array(1404);
  const a = (yaw * Math.PI) / 180;
  for (const [point, x, y, z] of meanHead) {
    mesh[3 * point] = CENTRE.x + scale * (x * Math.cos(a) - z * Math.sin(a));
    mesh[3 * point + 1] = CENTRE.y + scale * y;
    mesh[3 * point + 2] = scale * (x * Math.sin(a) + z * Math.cos(a));
  }
  return mesh;
}

type Paint = (x: number, y: number) => readonly [number, number, number];

function paint(color: Paint): Picture {
  const pixels = new Uint8Array(320 * 240 * 3);
  for (let y = 0; y < 240; y++) for (let x = 0; x < 320; x++) pixels.set(color(x, y), (y * 320 + x) * 3);
  return { width: 320, height: 240, pixels };
}

/** Marks on the sheet that the mean head's frontal plane is, as a picture of it turned as a sheet shows them. */
const marks: Paint = (x, y) => {
  const value = 128 + 50 * Math.sin(x / 7) * Math.cos(y / 9) + 30 * Math.sin((x + y) / 13);
  return [value, value, value];
};

test('the same marks at the same points of the mesh are the same texture, wherever the face is and however large', () => {
  const plane = createFacePlane();
  const here = plane(createPyramid(paint(marks)), meshAt(0));
  const shifted = meshAt(0).map((value, i) => value + (i % 3 === 0 ? 20 : i % 3 === 1 ? -10 : 0));
  const there = plane(createPyramid(paint((x, y) => marks(x - 20, y + 10))), shifted);
  expect(correlation(here.texture, there.texture)).toBeGreaterThan(0.99);
  const brighter = plane(
    createPyramid(paint((x, y) => marks(x, y).map((v) => v * 0.7 + 20) as never)),
    meshAt(0),
  );
  expect(correlation(here.texture, brighter.texture)).toBeGreaterThan(0.99);
  const other = plane(createPyramid(paint((x, y) => marks(1.9 * y, 2.3 * x))), meshAt(0));
  expect(correlation(here.texture, other.texture)).toBeLessThan(0.7);
});

test('light that moves over the skin changes the texture, a picture that is warped with its mesh does not', () => {
  const plane = createFacePlane();
  const lit =
    (from: number): Paint =>
    (x, y) =>
      marks(x, y).map((v) => v + 40 * Math.sin((x - from) / 40)) as never;
  const front = plane(createPyramid(paint(lit(0))), meshAt(0)).texture;
  const moved = plane(createPyramid(paint(lit(60))), meshAt(0)).texture;
  expect(correlation(front, moved)).toBeLessThan(0.95);
  // every triangle of the turned mesh shows what the frontal one shows: horizontal marks do not change with yaw
  const rows: Paint = (_, y) => [
    128 + 60 * Math.sin(y / 6),
    128 + 60 * Math.sin(y / 6),
    128 + 60 * Math.sin(y / 6),
  ];
  const flat = createPyramid(paint(rows));
  expect(correlation(plane(flat, meshAt(0)).texture, plane(flat, meshAt(20)).texture)).toBeGreaterThan(0.99);
});

test('skin and background have a color each, in linear light', () => {
  const face = { x: 90, y: 50, width: 140, height: 140 };
  const inFace = (x: number, y: number) => x > 70 && x < 250 && y > 30;
  const pyramid = createPyramid(paint((x, y) => (inFace(x, y) ? [188, 0, 0] : [0, 188, 0])));
  const { skin } = createFacePlane()(pyramid, meshAt(0));
  // 188 of 255 is about half the light
  expect(skin[0]).toBeCloseTo(0.503, 2);
  expect(skin[1]).toBeCloseTo(0, 3);
  const background = backgroundColor(pyramid, face)!;
  expect(background[1]).toBeCloseTo(0.503, 1);
  expect(background[0]).toBeLessThan(0.05);
  expect(backgroundColor(pyramid, { x: 0, y: 0, width: 320, height: 240 })).toBeUndefined();
});

test('the rigid residual is 0 of the mean head at any turn and size, and grows with a bend', () => {
  for (const yaw of [0, 25]) expect(rigidResidual(meshAt(yaw, 80))).toBeLessThan(1e-3);
  const bent = meshAt(20).map((value, i, mesh) =>
    i % 3 === 2 ? value + 0.5 * ((mesh[i - 2]! - CENTRE.x) ** 2 / EYES) : value,
  );
  expect(rigidResidual(bent)).toBeGreaterThan(0.055);
});
