import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { progressiveJpeg } from '../../../test/support/progressive-jpeg.ts';
import { decodePicture, readHeader, unpackPicture } from './decode-picture.ts';
import { countScans } from './picture-format.ts';

/** Left half red, right half blue, top row white: every orientation looks different. */
function scene(width = 8, height = 6): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    pixels.set(i < width ? [255, 255, 255] : i % width < width / 2 ? [255, 0, 0] : [0, 0, 255], 3 * i);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
const decode = async (bytes: Uint8Array) => decodePicture(bytes, await readHeader(bytes));
const refusal = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

test('PNG, WebP and JPEG decode to the same upright pixels', async () => {
  const png = await scene().png().toBuffer();
  const { picture, left, top, scale } = await decode(png);
  expect({ left, top, scale }).toEqual({ left: 0, top: 0, scale: 1 });
  expect(picture).toEqual({ width: 8, height: 6, pixels: await scene().raw().toBuffer() });
  const webp = await decode(await scene().webp({ lossless: true }).toBuffer());
  expect(webp.picture).toEqual(picture);
  const jpeg = await decode(
    await scene(64, 48).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
  );
  expect(jpeg.picture.pixels[3 * (20 * 64 + 10)]).toBeGreaterThan(250);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is honoured', async (orientation) => {
  const turned = orientation >= 5;
  const stored = await scene()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .then(({ data }) => {
      // the stored picture whose orientation tag gives the scene back
      const upright = (x: number, y: number) => data.subarray(3 * (y * 8 + x), 3 * (y * 8 + x) + 3);
      const [w, h] = turned ? [6, 8] : [8, 6];
      const out = Buffer.alloc(w * h * 3);
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          const at: Record<number, readonly [number, number]> = {
            1: [x, y],
            2: [7 - x, y],
            3: [7 - x, 5 - y],
            4: [x, 5 - y],
            5: [y, x],
            6: [7 - y, x],
            7: [7 - y, 5 - x],
            8: [y, 5 - x],
          };
          out.set(upright(...at[orientation]!), 3 * (y * w + x));
        }
      }
      return sharp(out, { raw: { width: w, height: h, channels: 3 } })
        .png()
        .withMetadata({ orientation })
        .toBuffer();
    });
  expect(await readHeader(stored)).toEqual({ format: 'png', width: 8, height: 6 });
  expect((await decode(stored)).picture).toEqual({
    width: 8,
    height: 6,
    pixels: await scene().raw().toBuffer(),
  });
});

test('grey, 16-bit, CMYK and transparent pictures become three channels of sRGB', async () => {
  const grey = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#808080' } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  expect([...(await decode(grey)).picture.pixels.subarray(0, 3)]).toEqual([128, 128, 128]);
  const deep = await scene().toColourspace('rgb16').png().toBuffer();
  expect((await decode(deep)).picture.pixels.length).toBe(8 * 6 * 3);
  const cmyk = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ff0000' } })
    .toColourspace('cmyk')
    .jpeg()
    .toBuffer();
  const [red, green, blue] = (await decode(cmyk)).picture.pixels;
  expect(red).toBeGreaterThan(200);
  expect(Math.max(green!, blue!)).toBeLessThan(80);
  const clear = await sharp({
    create: { width: 4, height: 4, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } },
  })
    .png()
    .toBuffer();
  expect([...(await decode(clear)).picture.pixels.subarray(0, 3)]).toEqual([255, 255, 255]);
});

test('a large picture is reduced, a region of it is not', async () => {
  const large = await scene(3000, 1500).jpeg().toBuffer();
  const header = await readHeader(large);
  const whole = await decodePicture(large, header);
  expect([whole.picture.width, whole.picture.height]).toEqual([2048, 1024]);
  expect(whole.scale).toBeCloseTo(3000 / 2048, 9);
  const part = await decodePicture(large, header, { x: 1400, y: 700, width: 200, height: 100 });
  expect([part.picture.width, part.picture.height, part.left, part.top, part.scale]).toEqual([
    200, 100, 1400, 700, 1,
  ]);
  expect(part.picture.pixels[0]).toBeGreaterThan(240); // red, left of the middle
  expect(part.picture.pixels[3 * 199 + 2]).toBeGreaterThan(240); // blue, right of it
});

test('a region is cut from the upright picture', async () => {
  const sideways = await scene(60, 40).rotate(-90).png().withMetadata({ orientation: 6 }).toBuffer();
  const header = await readHeader(sideways);
  expect([header.width, header.height]).toEqual([60, 40]);
  const part = await decodePicture(sideways, header, { x: 28, y: 10, width: 4, height: 4 });
  expect([...part.picture.pixels.subarray(0, 12)]).toEqual([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
});

test('AVIF is decoded upright, with 10 bits too', async () => {
  const wanted = await scene(64, 48).raw().toBuffer();
  for (const bitdepth of [8, 10] as const) {
    const avif = await scene(64, 48).avif({ quality: 95, chromaSubsampling: '4:4:4', bitdepth }).toBuffer();
    expect(await readHeader(avif)).toEqual({ format: 'avif', width: 64, height: 48 });
    const { pixels } = (await decode(avif)).picture;
    const difference =
      pixels.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0) / pixels.length;
    expect(difference).toBeLessThan(6);
  }
  const sideways = await scene(64, 48).withMetadata({ orientation: 6 }).avif().toBuffer();
  expect(await readHeader(sideways)).toEqual({ format: 'avif', width: 48, height: 64 });
  const { picture } = await decode(sideways);
  expect([picture.width, picture.height]).toEqual([48, 64]);
});

/** Of a small AVIF that says that it has other sides: a file of some hundred bytes can say that it has 50 megapixels. */
async function largeAvif(width: number, height: number): Promise<Buffer> {
  const bytes = await scene(64, 48).avif({ effort: 0 }).toBuffer();
  const at = bytes.indexOf('ispe');
  bytes.writeUInt32BE(width, at + 8);
  bytes.writeUInt32BE(height, at + 12);
  return bytes;
}
/** Of a small one, with a second scan behind it if wanted. */
async function largeJpeg(side: number, { scans }: { scans: number }): Promise<Buffer> {
  const bytes = await scene(64, 48).jpeg().toBuffer();
  const frame = bytes.indexOf(Uint8Array.of(0xff, 0xc0));
  bytes.writeUInt16BE(side, frame + 5);
  bytes.writeUInt16BE(side, frame + 7);
  return Buffer.concat([bytes, ...Array(scans - 1).fill(Uint8Array.of(0xff, 0xda))]);
}
async function largePng(width: number, height: number, progressive: boolean): Promise<Buffer> {
  const bytes = await scene(64, 48).png({ progressive }).toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

test('a picture whose decoding takes hundreds of megabytes is large', async () => {
  const isLarge = async (bytes: Buffer) => (await readHeader(bytes)).large === true;
  expect(await isLarge(await largeAvif(3400, 3400))).toBe(true);
  expect(await isLarge(await largePng(6000, 5000, true))).toBe(true);
  expect(await isLarge(await largePng(6000, 5000, false))).toBe(false);
  expect(await isLarge(await largeJpeg(7000, { scans: 2 }))).toBe(true);
  expect(await isLarge(await largeJpeg(7000, { scans: 1 }))).toBe(false);
  expect(await isLarge(progressiveJpeg({ width: 4000, height: 3000, scans: 3 }))).toBe(false);
  expect(await isLarge(await scene(64, 48).avif().toBuffer())).toBe(false);
  expect(await isLarge(await scene(64, 48).png({ progressive: true }).toBuffer())).toBe(false);
});

test.each([
  ['an interlaced PNG', () => scene(60, 40).png({ progressive: true })],
  [
    'a transparent one',
    () =>
      sharp({ create: { width: 60, height: 40, channels: 4, background: '#9996' } }).png({
        progressive: true,
      }),
  ],
  ['a grey one', () => scene(60, 40).greyscale().png({ progressive: true })],
  ['one of 16 bits', () => scene(60, 40).toColourspace('rgb16').png({ progressive: true })],
  ['a sideways one', () => scene(60, 40).withMetadata({ orientation: 6 }).png({ progressive: true })],
  ['an AVIF', () => scene(60, 40).avif()],
  ['an AVIF of 10 bits', () => scene(60, 40).avif({ bitdepth: 10 })],
  ['a sideways AVIF', () => scene(60, 40).withMetadata({ orientation: 6 }).avif()],
  [
    'a JPEG in several scans',
    () => scene(60, 40).withMetadata({ orientation: 6 }).jpeg({ progressive: true }),
  ],
])('%s has the same pixels where it is unpacked once for all looks at it', async (_what, picture) => {
  const bytes = await picture().toBuffer();
  const header = await readHeader(bytes);
  const source = await unpackPicture(bytes, header);
  for (const region of [undefined, { x: 8, y: 10, width: 20, height: 10 }])
    expect(await decodePicture(source, header, region)).toEqual(await decodePicture(bytes, header, region));
});

test('what is no picture of ours is named, with what to do', async () => {
  const tiff = await scene().tiff().toBuffer();
  await expect(readHeader(tiff)).rejects.toMatchObject(
    refusal(
      'IMAGE_FORMAT_UNSUPPORTED',
      /^The picture is a TIFF or .*\. Export it as JPEG, or send a JPEG, PNG/,
    ),
  );
  const gif = await scene().gif().toBuffer();
  await expect(readHeader(gif)).rejects.toMatchObject(refusal('IMAGE_FORMAT_UNSUPPORTED', /a GIF\. Export/));
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await expect(readHeader(svg)).rejects.toMatchObject(refusal('IMAGE_FORMAT_UNSUPPORTED', /an SVG/));
  await expect(readHeader(new Uint8Array())).rejects.toMatchObject(refusal('IMAGE_UNREADABLE', /empty/));
});

test('animations are refused', async () => {
  const frame = () => scene().png().toBuffer();
  const animation = await sharp([await frame(), await scene().negate().png().toBuffer()], {
    join: { animated: true },
  })
    .webp()
    .toBuffer();
  await expect(readHeader(animation)).rejects.toMatchObject(refusal('IMAGE_FORMAT_UNSUPPORTED', /animation/));
});

test('a PNG is an animation where it says that it has several frames', async () => {
  const png = await scene().png().toBuffer();
  const withControl = (frames: number) => {
    const control = Buffer.alloc(20);
    control.writeUInt32BE(8, 0);
    control.write('acTL', 4, 'latin1');
    control.writeUInt32BE(frames, 8);
    control.writeUInt32BE(crc32(control.subarray(4, 16)), 16);
    return Buffer.concat([png.subarray(0, 33), control, png.subarray(33)]);
  };
  await expect(readHeader(withControl(2))).rejects.toMatchObject(
    refusal('IMAGE_FORMAT_UNSUPPORTED', /animation/),
  );
  expect(await readHeader(withControl(1))).toMatchObject({ format: 'png' });
});

test('too many bytes, pixels or pixels a side are refused before decoding', async () => {
  const png = await scene().png().toBuffer();
  const padded = Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024)]);
  await expect(readHeader(padded)).rejects.toMatchObject(refusal('IMAGE_TOO_LARGE', /10 MB/));
  const claims = (width: number, height: number) => {
    const bytes = Buffer.from(png);
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    return bytes;
  };
  // the header's checksum is now wrong, so the size must be read from a real one
  const wide = await sharp({ create: { width: 16_385, height: 1, channels: 3, background: '#000' } })
    .png()
    .toBuffer();
  await expect(readHeader(wide)).rejects.toMatchObject(refusal('IMAGE_TOO_LARGE', /16385 by 1 pixels/));
  const many = await sharp({ create: { width: 10_000, height: 5_001, channels: 3, background: '#000' } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  await expect(readHeader(many)).rejects.toMatchObject(refusal('IMAGE_TOO_LARGE', /10000 by 5001 pixels/));
  await expect(readHeader(claims(100_000, 100_000))).rejects.toMatchObject({
    code: expect.stringMatching(/^IMAGE_/),
  });
});

test.each(['jpeg', 'png', 'webp', 'avif'] as const)('a %s that was cut off says so', async (format) => {
  const noisy = sharp({
    create: {
      width: 200,
      height: 200,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
  const whole = await noisy.toFormat(format).toBuffer();
  await expect(decode(whole.subarray(0, Math.floor(whole.length * 0.6)))).rejects.toMatchObject(
    refusal('IMAGE_UNREADABLE', /cut off/),
  );
});

test('a damaged picture is refused with a sentence', async () => {
  const jpeg = await scene(64, 48).jpeg().toBuffer();
  const damaged = Buffer.from(jpeg);
  damaged.fill(0x55, 20, 160);
  await expect(decode(damaged)).rejects.toMatchObject(refusal('IMAGE_UNREADABLE', /damaged/));
});

test('a progressive JPEG with thousands of scans is refused before decoding', async () => {
  const jpeg = await scene(64, 48).jpeg({ progressive: true }).toBuffer();
  const at = jpeg.lastIndexOf(Uint8Array.of(0xff, 0xda));
  const scan = jpeg.subarray(at, jpeg.length - 2);
  const bomb = Buffer.concat([
    jpeg.subarray(0, at),
    ...Array.from({ length: 1000 }, () => scan),
    jpeg.subarray(-2),
  ]);
  await expect(readHeader(bomb)).rejects.toMatchObject(refusal('IMAGE_UNREADABLE', /scans/));
});

test('pixels times scans are bounded before decoding, with what to do', async () => {
  const heavy = progressiveJpeg({ width: 8000, height: 6240, scans: 99 });
  expect(heavy.length).toBeLessThan(150_000);
  await expect(readHeader(heavy)).rejects.toMatchObject(
    refusal(
      'IMAGE_TOO_LARGE',
      /^The picture is a progressive JPEG of 8000 by 6240 pixels in 99 scans; .* Export it as an ordinary \(baseline\) JPEG/,
    ),
  );
  const { picture } = await decode(progressiveJpeg({ width: 2000, height: 1496, scans: 99 }));
  expect([picture.width, picture.height]).toEqual([2000, 1496]);
});

test('the scans of a thumbnail in front do not count, those behind a false end do', () => {
  const jpeg = progressiveJpeg({ width: 64, height: 64, scans: 15 });
  const within = (marker: number, content: Buffer) =>
    Buffer.concat([Buffer.of(0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255), content]);
  const start = jpeg.subarray(0, 2);
  const rest = jpeg.subarray(2);
  expect(countScans(jpeg)).toBe(15);
  expect(countScans(Buffer.concat([start, within(0xe1, jpeg), rest]))).toBe(15);
  const second = jpeg.lastIndexOf(Uint8Array.of(0xff, 0xda));
  const falseEnd = within(0xfe, Buffer.of(0xff, 0xd9));
  expect(countScans(Buffer.concat([jpeg.subarray(0, second), falseEnd, jpeg.subarray(second)]))).toBe(15);
  expect(countScans(Buffer.concat([start, Buffer.of(0), rest]))).toBe(15);
});

test('a decoding that takes too long is given up, and the sentence says what to send instead', async () => {
  const size = { width: 8000, height: 6240 };
  const given = async (scans: number) => {
    const slow = progressiveJpeg({ ...size, scans });
    return decodePicture(slow, { format: 'jpeg', ...size }, undefined, 1).catch((error: unknown) => error);
  };
  // On a machine that does the first in a second there are more.
  let outcome = await given(99);
  for (const scans of [393, 897]) if (!(outcome instanceof Error)) outcome = await given(scans);
  expect(outcome).toMatchObject(refusal('IMAGE_UNREADABLE', /takes too long to decode/));
});
