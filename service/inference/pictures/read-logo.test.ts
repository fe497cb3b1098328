import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readLogo } from './read-logo.ts';

type Color = { r: number; g: number; b: number; alpha: number };
const clear = { r: 0, g: 0, b: 0, alpha: 0 };
const black = { r: 0, g: 0, b: 0, alpha: 1 };
const white = { r: 255, g: 255, b: 255, alpha: 1 };
const filled = (width: number, height: number, background: Color) =>
  sharp({ create: { width, height, channels: 4, background } });
/** A square of one color in the middle of nothing. */
const mark = async (color: Color) =>
  filled(120, 120, clear)
    .composite([{ input: await filled(60, 60, color).png().toBuffer() }])
    .png()
    .toBuffer();
const codeOf = (bytes: Uint8Array) =>
  readLogo(bytes).then(
    () => 'taken',
    ({ code }) => code,
  );
const pixel = async (png: Uint8Array, x: number, y: number) => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3)];
};

test('each kind of picture becomes a small PNG of its pixels alone', async () => {
  const wide = filled(600, 150, { r: 31, g: 78, b: 61, alpha: 1 });
  for (const bytes of [
    await wide.png().toBuffer(),
    await wide
      .jpeg()
      .withExif({ IFD0: { Copyright: 'secret' } })
      .toBuffer(),
    await wide.webp().toBuffer(),
  ]) {
    const { png, width, height } = await readLogo(bytes);
    expect([width, height]).toEqual([224, 56]);
    const header = await sharp(png).metadata();
    expect(header).toMatchObject({ format: 'png', hasAlpha: false });
    expect([header.exif, header.icc, header.xmp]).toEqual([undefined, undefined, undefined]);
    expect(Buffer.from(png).includes('secret')).toBe(false);
  }
});

test('a transparent logo has no ground of its own, and is named by its ink where one page cannot show it', async () => {
  const gray = { r: 120, g: 120, b: 120, alpha: 1 };
  for (const [color, ink] of [
    [black, 'dark'],
    [white, 'light'],
    [gray, undefined],
  ] as const) {
    const logo = await readLogo(await mark(color));
    expect([color, logo.ink]).toEqual([color, ink]);
    expect((await sharp(logo.png).metadata()).hasAlpha).toBe(true);
  }
});

test('a transparent logo of dark and light parts lies on what it can be seen on', async () => {
  const both = async (more: Color, less: Color) =>
    readLogo(
      await filled(120, 120, clear)
        .composite([
          { input: await filled(60, 60, more).png().toBuffer() },
          { input: await filled(18, 18, less).png().toBuffer() },
        ])
        .png()
        .toBuffer(),
    );
  const dark = await both(black, white);
  expect(await pixel(dark.png, 0, 0)).toEqual([255, 255, 255]);
  const light = await both(white, black);
  expect(await pixel(light.png, 0, 0)).toEqual([27, 32, 35]);
  expect((await sharp(light.png).metadata()).hasAlpha).toBe(false);
  expect([dark.ink, light.ink]).toEqual([undefined, undefined]);
  expect(await codeOf(await filled(60, 60, clear).png().toBuffer())).toBe('IMAGE_UNREADABLE');
});

test('what follows the picture, or hides in it, does not come through', async () => {
  const script = '<script>alert(1)</script>';
  const png = await filled(64, 64, black).png().toBuffer();
  const { png: made } = await readLogo(Buffer.concat([png, Buffer.from(script)]));
  expect(Buffer.from(made).includes('script')).toBe(false);
  const text = Buffer.concat([
    png.subarray(0, 33),
    chunk('tEXt', Buffer.from(`x\0${script}`)),
    png.subarray(33),
  ]);
  expect(Buffer.from((await readLogo(text)).png).includes('script')).toBe(false);
});

test.each([
  ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['SVG with a head', '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"/>'],
  ['HTML', '<!doctype html><script>alert(1)</script>'],
  ['a data URL', 'data:image/png;base64,iVBORw0KGgo='],
  ['a PDF', '%PDF-1.7'],
  ['GIF', 'GIF89a'],
])('%s is refused by its bytes', async (_, text) => {
  expect(await codeOf(Buffer.from(text))).toBe('IMAGE_FORMAT_UNSUPPORTED');
});

test('bombs, animations and damaged files are refused', async () => {
  expect(await codeOf(new Uint8Array())).toBe('IMAGE_UNREADABLE');
  const bomb = pngOf(2600, 2000, deflateSync(Buffer.alloc(2000 * (2600 * 3 + 1))));
  expect([bomb.length < 65_536, await codeOf(bomb)]).toEqual([true, 'IMAGE_TOO_LARGE']);
  // A head that promises what it does not hold.
  expect(await codeOf(pngOf(2000, 2000, deflateSync(Buffer.alloc(100))))).toBe('IMAGE_UNREADABLE');
  expect(await codeOf(pngOf(0x7fff_ffff, 0x7fff_ffff, Buffer.alloc(0)))).toMatch(/^IMAGE_/);
  const noise = randomBytes(200 * 200 * 3);
  const large = await sharp(noise, { raw: { width: 200, height: 200, channels: 3 } })
    .png()
    .toBuffer();
  expect([large.length > 65_536, await codeOf(large)]).toEqual([true, 'IMAGE_TOO_LARGE']);
  const two = Buffer.concat([Buffer.alloc(32 * 32 * 4, 255), Buffer.alloc(32 * 32 * 4, 200)]);
  const frames = await sharp(two, { raw: { width: 32, height: 64, channels: 4, pageHeight: 32 } })
    .webp({ loop: 0 })
    .toBuffer();
  expect(await codeOf(frames)).toBe('IMAGE_FORMAT_UNSUPPORTED');
  const whole = await filled(64, 64, black).jpeg().toBuffer();
  expect(await codeOf(whole.subarray(0, whole.length / 2))).toBe('IMAGE_UNREADABLE');
  expect(await codeOf(await filled(400, 20, black).png().toBuffer())).toBe('IMAGE_UNREADABLE');
  expect(await codeOf(await filled(8, 8, black).png().toBuffer())).toBe('IMAGE_UNREADABLE');
  expect(await codeOf(await filled(64, 64, black).avif().toBuffer())).toBe('IMAGE_FORMAT_UNSUPPORTED');
});

function chunk(type: string, data: Buffer): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  whole.writeUInt32BE(data.length, 0);
  whole.writeUInt32BE(crc(whole.subarray(4, -4)), whole.length - 4);
  return whole;
}

function pngOf(width: number, height: number, pixels: Buffer): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const start = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([start, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
