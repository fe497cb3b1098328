import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { Problem } from '../../lib/problem.ts';
import { createPictureAnalyzer } from './analyze-picture.ts';

// A file of some hundred bytes can say that it has 50 megapixels.

const small = sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } });

/** Of a small AVIF that says that it has other sides. */
async function avif(width: number, height: number): Promise<Buffer> {
  const bytes = await small.clone().avif({ effort: 0 }).toBuffer();
  const at = bytes.indexOf('ispe');
  bytes.writeUInt32BE(width, at + 8);
  bytes.writeUInt32BE(height, at + 12);
  return bytes;
}

async function png(width: number, height: number, progressive = true): Promise<Buffer> {
  const bytes = await small.clone().png({ progressive }).toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** Whether it was decoded in a slot; nothing is decoded. */
async function takesSlot(bytes: Buffer): Promise<boolean> {
  const full = async () => {
    throw new Problem('OVERLOADED', 'No slot is free.');
  };
  const analyzer = createPictureAnalyzer({
    catalog: { files: [], padSets: [] },
    open: full,
    decodeHeif: full,
    inSlot: full,
    native: (work) => work(),
    now: () => 0,
  });
  const refused = await analyzer.analyze(bytes, { detector: 'none', embedders: [] }).catch((error) => error);
  return refused.code === 'OVERLOADED';
}

test('a picture whose decoding takes hundreds of megabytes is decoded in a slot', async () => {
  expect(await takesSlot(await avif(3400, 3400))).toBe(true);
  expect(await takesSlot(await png(6000, 5000))).toBe(true);
});

test('others are not', async () => {
  expect(await takesSlot(await avif(64, 48))).toBe(false);
  expect(await takesSlot(await png(64, 48))).toBe(false);
  expect(await takesSlot(await png(6000, 5000, false))).toBe(false);
});
