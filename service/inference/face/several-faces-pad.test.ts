import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modelEntry } from '../../../test/support/engine.ts';
import { openModelLibrary } from '../models/model-library.ts';
import { type OnnxModel, openOnnxModel } from '../models/onnx-model.ts';
import { decodeHeif } from '../pictures/decode-heif.ts';
import { createPictureAnalyzer, type PictureAnalyzer } from './analyze-picture.ts';

const samples = join(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'), '../demo');
const built = fileURLToPath(new URL('../../../models/', import.meta.url));
let imported: string;
let analyzer: PictureAnalyzer;

/** A PAD model that takes a dark crop for a photograph. */
const entry = modelEntry('brightness', 'pad', {
  origin: 'imported',
  crop: { scale: 1, boxWidth: 1, boxHeight: 1, centreUp: 0 },
  input: {
    size: [8, 8],
    layout: 'NCHW',
    colour: 'RGB',
    mean: [0, 0, 0],
    scale: [255, 255, 255],
    batch: true,
  },
});
const brightness: OnnxModel = {
  entry,
  resizable: false,
  async run(input, count) {
    const length = input.length / count;
    const mean = (i: number) =>
      input.subarray(i * length, (i + 1) * length).reduce((sum, value) => sum + value, 0) / length;
    return { live: Float32Array.from({ length: count }, (_, i) => (mean(i) > 0.2 ? 0.9 : 0.1)) };
  },
};

beforeAll(async () => {
  imported = await mkdtemp(join(tmpdir(), 'gatehouse-imported-'));
  const library = await openModelLibrary({
    manifest: join(built, 'manifest.json'),
    built: join(built, 'built'),
    imported,
  });
  const { files } = library.catalog();
  const point = { score: 0.6, apcer: 0.05, bpcer: 0.1 };
  analyzer = createPictureAnalyzer({
    decodeHeif,
    catalog: {
      files: [...files, { entry, path: '' }],
      padSets: [
        {
          id: 'by-brightness',
          name: 'by brightness',
          models: [{ model: 'brightness', weight: 1 }],
          combine: 'mean-of-margins',
          crops: [1, 0.75],
          maturity: 'experimental',
          thresholds: { apcer5: point, apcer10: point },
          accuracy: [],
        },
      ],
    },
    open: async (file) => (file.entry.id === 'brightness' ? brightness : openOnnxModel(file)),
    native: (work) => work(),
    now: () => performance.now(),
  });
});
afterAll(() => rm(imported, { recursive: true }));

const request = { detector: 'blazeface', embedders: [], pad: 'by-brightness' };

/** The face of the sample, 400 pixels wide. */
const face = (width: number, dark = false) =>
  sharp(join(samples, 'sample5.jpg'))
    .extract({ left: 483, top: 380, width: 384, height: 384 })
    .resize(width, width)
    .linear(dark ? 0.25 : 1, 0)
    .png()
    .toBuffer();

/** A bright face, and beside it a dark one of this share of its width. */
async function beside(share: number): Promise<Buffer> {
  return sharp({ create: { width: 1000, height: 600, channels: 3, background: '#777' } })
    .composite([
      { input: await face(440), left: 60, top: 60 },
      { input: await face(Math.round(440 * share), true), left: 640, top: 100 },
    ])
    .png()
    .toBuffer();
}

test.each([
  [0.75, 0.1],
  [0.43, 0.9],
])(
  'a dark face %d as wide as the main one makes its score %d',
  async (share, live) => {
    const found = await analyzer.analyze(await beside(share), request);
    expect(found.faces).toHaveLength(2);
    expect(found.face!.pad!.live).toBeCloseTo(live, 5);
  },
  60_000,
);

test('pixels that are not to be looked at are decoded and no more', async () => {
  const picture = await beside(0.43);
  const { pixelHash } = await analyzer.analyze(picture, request);
  const found = await analyzer.analyze(picture, { ...request, stopAt: ['other', pixelHash] });
  expect(found).toMatchObject({ pixelHash, faces: [], timing: { detect: 0, pad: 0 } });
  expect(found).not.toHaveProperty('face');
});

test('a picture is the same one however it is turned, and is not looked at either', async () => {
  const picture = await beside(0.43);
  const { pixelHash } = await analyzer.analyze(picture, request);
  for (const degrees of [90, 180, 270]) {
    const turned = await sharp(picture).rotate(degrees).png().toBuffer();
    expect((await analyzer.analyze(turned, request)).pixelHash).toBe(pixelHash);
    const found = await analyzer.analyze(turned, { ...request, stopAt: [pixelHash] });
    expect(found).toMatchObject({ pixelHash, faces: [], timing: { detect: 0, pad: 0 } });
  }
});
