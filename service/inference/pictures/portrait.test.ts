import sharp from 'sharp';
import { expect, test } from 'vitest';
import { portraitOf } from './picture.ts';

/** Red, with a green square where the face is. */
async function scene(width: number, height: number, face: { x: number; y: number; size: number }) {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inside = x >= face.x && x < face.x + face.size && y >= face.y && y < face.y + face.size;
      pixels.set(inside ? [0, 255, 0] : [255, 0, 0], (y * width + x) * 3);
    }
  return { width, height, pixels };
}

test('a portrait is the face with a little around it, small, and has no metadata', async () => {
  const face = { x: 600, y: 300, width: 500, height: 500 };
  const picture = await scene(2000, 1200, { x: 600, y: 300, size: 500 });
  const jpeg = await portraitOf(picture, face);
  const { format, width, height, exif, icc } = await sharp(jpeg).metadata();
  expect({ format, width, height, exif, icc }).toEqual({
    format: 'jpeg',
    width: 480,
    height: 480,
    exif: undefined,
    icc: undefined,
  });
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
  expect(at(240, 240)[1]).toBeGreaterThan(200);
  expect(at(5, 5)[0]).toBeGreaterThan(200);
});

test('a face at the edge is cut at the edge, and a small one is not made larger', async () => {
  const picture = await scene(100, 80, { x: 0, y: 0, size: 20 });
  const jpeg = await portraitOf(picture, { x: -5, y: -5, width: 25, height: 25 });
  const { width, height } = await sharp(jpeg).metadata();
  expect([width, height]).toEqual([30, 30]);
});
