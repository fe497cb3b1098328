import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { hashPixels } from './picture.ts';

const pictureOf = (width: number, height: number, value = (i: number) => (i * 37 + (i >> 3)) % 251) => ({
  width,
  height,
  pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => value(i)),
});

async function turned({ width, height, pixels }: ReturnType<typeof pictureOf>, degrees: number) {
  const { data, info } = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .rotate(degrees)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}

test.each([
  [5, 3],
  [3, 5],
  [4, 4],
])('a picture of %i by %i has one hash in its four turns', async (width, height) => {
  const picture = pictureOf(width, height);
  const found = new Set<string>();
  for (const degrees of [0, 90, 180, 270]) found.add(hashPixels(await turned(picture, degrees)).pixelHash);
  expect([...found]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  expect(
    hashPixels(
      await turned(
        pictureOf(width, height, (i) => i % 250),
        90,
      ),
    ).pixelHash,
  ).not.toBe([...found][0]);
});

test('the hash of the pixels as sent, which earlier releases kept, is there beside it', async () => {
  const picture = pictureOf(5, 3);
  for (const degrees of [0, 90, 180, 270]) {
    const one = await turned(picture, degrees);
    const earlier = createHash('sha256')
      .update(`${one.width}x${one.height}:`)
      .update(one.pixels)
      .digest('hex');
    const { pixelHash, sentHash = pixelHash } = hashPixels(one);
    expect(sentHash).toBe(earlier);
  }
});

test('a mirror image is another picture, one colour is the same in every turn', async () => {
  const { width, height, pixels } = pictureOf(4, 4);
  const mirrored = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .flop()
    .raw()
    .toBuffer();
  expect(hashPixels({ width, height, pixels: new Uint8Array(mirrored) }).pixelHash).not.toBe(
    hashPixels({ width, height, pixels }).pixelHash,
  );
  const grey = pictureOf(6, 2, () => 7);
  expect(hashPixels(await turned(grey, 180))).toEqual(hashPixels(grey));
});
