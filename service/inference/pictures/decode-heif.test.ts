import sharp from 'sharp';
import { expect, test } from 'vitest';
import { withColor } from '../../../test/support/heic-color.ts';
import { sceneHeic } from '../../../test/support/scene-heic.ts';
import { decodeHeif } from './decode-heif.ts';
import { decodePicture, readHeader } from './decode-picture.ts';

async function decode(bytes: Uint8Array) {
  const header = await readHeader(bytes);
  const { picture } = await decodePicture(await decodeHeif(bytes, header), header);
  return { header, picture };
}

/** The scene of test/support/pictures/README.md. */
function scene() {
  const [width, height] = [160, 96];
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const color = i < width * 24 ? [255, 255, 255] : i % width < width / 2 ? [200, 30, 30] : [30, 30, 200];
    pixels.set(color, 3 * i);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

test.each([
  [undefined, scene()],
  ['irot-1', scene().rotate(270)],
  ['irot-2', scene().rotate(180)],
  ['irot-3', scene().rotate(90)],
  ['imir-0', scene().flip()],
  ['exif-6', scene()],
] as const)('a HEIC (%s) is decoded upright', async (variant, expected) => {
  const { data, info } = await expected.raw().toBuffer({ resolveWithObject: true });
  const { header, picture } = await decode(sceneHeic(variant));
  expect(header).toMatchObject({ format: 'heic', width: info.width, height: info.height });
  expect([picture.width, picture.height]).toEqual([info.width, info.height]);
  let difference = 0;
  for (const [i, value] of picture.pixels.entries()) difference += Math.abs(value - data[i]!) / data.length;
  expect(difference).toBeLessThan(3);
});

/** sRGB, with its red taken for green and its green for red. */
async function swappedProfile(): Promise<Buffer> {
  const white = sharp({ create: { width: 1, height: 1, channels: 3, background: '#ffffff' } });
  const icc = (await sharp(await white.withIccProfile('srgb').png().toBuffer()).metadata()).icc!;
  const places = { gXYZ: icc.indexOf('rXYZ', 128), rXYZ: icc.indexOf('gXYZ', 128) };
  for (const [tag, at] of Object.entries(places)) icc.write(tag, at, 'latin1');
  return icc;
}

test.each([
  ['its profile', async () => Buffer.concat([Buffer.from('prof'), await swappedProfile()]), [1, 0, 2]],
  ['no profile but sRGB in numbers', () => Buffer.from('nclx\0\x01\0\x0d\0\x05\x80', 'latin1'), [0, 1, 2]],
] as const)('the colors of a HEIC are converted to sRGB by %s', async (_what, color, [red, green, blue]) => {
  const { picture } = await decode(withColor(sceneHeic(), await color()));
  const { picture: plain } = await decode(sceneHeic());
  let difference = 0;
  for (let at = 0; at < plain.pixels.length; at += 3)
    for (const [to, from] of [red, green, blue].entries())
      difference += Math.abs(picture.pixels[at + to]! - plain.pixels[at + from]!) / plain.pixels.length;
  expect(difference).toBeLessThan(1);
});

test('a profile that is damaged is left aside, as in every other format', async () => {
  const heic = withColor(sceneHeic(), Buffer.concat([Buffer.from('prof'), Buffer.alloc(200, 7)]));
  const { picture } = await decode(heic);
  expect(picture.pixels).toEqual((await decode(sceneHeic())).picture.pixels);
});

test('a region is cut from the decoded picture', async () => {
  const bytes = sceneHeic();
  const header = await readHeader(bytes);
  const box = { x: 100, y: 40, width: 8, height: 8 };
  const { picture, left, top } = await decodePicture(await decodeHeif(bytes, header), header, box);
  expect([left, top, picture.width, picture.height]).toEqual([100, 40, 8, 8]);
  expect(picture.pixels[2]).toBeGreaterThan(150);
  expect(picture.pixels[0]).toBeLessThan(80);
});

test('one that was cut off is refused, by its header or by its pixels', async () => {
  for (const length of [40, 300, 500]) {
    await expect(decode(sceneHeic().subarray(0, length))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  }
});

test('no memory is taken for another size than the one that was checked', async () => {
  const bytes = sceneHeic();
  await expect(decodeHeif(bytes, { width: 160, height: 97 })).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
  });
});

test('the thread is ended at its deadline', async () => {
  await expect(decodeHeif(sceneHeic(), { width: 160, height: 96 }, 1)).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: expect.stringContaining('too long'),
  });
});

test('a size beyond the limits is refused before decoding', async () => {
  const bytes = Buffer.from(sceneHeic());
  for (let at = bytes.indexOf('ispe'); at !== -1; at = bytes.indexOf('ispe', at + 4)) {
    bytes.writeUInt32BE(12_000, at + 8);
    bytes.writeUInt32BE(12_000, at + 12);
  }
  await expect(decode(bytes)).rejects.toMatchObject({
    code: 'IMAGE_TOO_LARGE',
    message: expect.stringContaining('12000 by 12000'),
  });
});
