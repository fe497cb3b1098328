import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { type Launched, launchProcess } from '../accelerator/launch.ts';
import type { Analysis, Box } from '../face.ts';
import { type ModelLibrary, openModelLibrary } from '../models/model-library.ts';
import { createFaceAnalyzer, type FaceAnalyzerDeps, type RunningFaceAnalyzer } from './face-analyzer.ts';

const samples = join(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'), '../demo');
const models = { detector: 'blazeface', embedders: ['face-recognition'] };
const request = { ...models, deadline: 300_000 };
/** Cosine of embedding A at a false-match rate of 1 in 10,000 (MODELS.md). */
const THRESHOLD = 0.941;

let analyzer: RunningFaceAnalyzer;

let library: ModelLibrary;
let imported: string;

const start = (deps: Partial<FaceAnalyzerDeps> = {}): RunningFaceAnalyzer =>
  createFaceAnalyzer({
    library,
    workers: 1,
    providers: ['cpu'],
    queueLimit: 40,
    defaults: models,
    clock: systemClock,
    log: silentLog,
    ...deps,
  });

beforeAll(async () => {
  const root = fileURLToPath(new URL('../../../models/', import.meta.url));
  imported = await mkdtemp(join(tmpdir(), 'gatehouse-imported-'));
  library = await openModelLibrary({
    manifest: join(root, 'manifest.json'),
    built: join(root, 'built'),
    imported,
  });
  analyzer = start();
  await analyzer.ready();
});
afterAll(async () => {
  await analyzer?.close();
  await rm(imported, { recursive: true });
});

const cosine = (a: Analysis, b: Analysis): number => {
  const [p, q] = [a, b].map(({ face }) => face!.embeddings['face-recognition']!);
  return p!.reduce((sum, value, i) => sum + value * q![i]!, 0);
};

/** Each face of a group picture with what surrounds it, as a picture of its own. */
async function portraits(name: string): Promise<Buffer[]> {
  const bytes = await readFile(join(samples, name));
  const { faces, picture } = await analyzer.analyze(bytes, request);
  const around = ({ x, y, width, height }: Box) => {
    const left = Math.max(0, Math.round(x - 0.4 * width));
    const top = Math.max(0, Math.round(y - 0.5 * height));
    return {
      left,
      top,
      width: Math.min(picture.width - left, Math.round(1.8 * width)),
      height: Math.min(picture.height - top, Math.round(2 * height)),
    };
  };
  return Promise.all(
    faces.map(({ box }) => sharp(bytes).extract(around(box)).jpeg({ quality: 95 }).toBuffer()),
  );
}

describe('on photographs of people', () => {
  test('the same face altered stays above the threshold, other people below', async () => {
    for (const [name, people] of [
      ['sample2.jpg', 2],
      ['sample4.jpg', 4],
      ['sample6.jpg', 4],
    ] as const) {
      const pictures = await portraits(name);
      expect(pictures, name).toHaveLength(people);
      const seen: Analysis[] = [];
      for (const [i, picture] of pictures.entries()) {
        const straight = await analyzer.analyze(picture, request);
        seen.push(straight);
        // Two of each photograph are altered.
        if (i > 1) continue;
        expect(Math.hypot(...straight.face!.embeddings['face-recognition']!)).toBeCloseTo(1, 5);
        const altered = {
          mirrored: sharp(picture).flop(),
          'compressed hard': sharp(picture).jpeg({ quality: 40 }),
          'half the size': sharp(picture).resize({ width: 180 }),
          brighter: sharp(picture).modulate({ brightness: 1.3 }),
          tilted: sharp(picture).rotate(12, { background: '#777' }),
        };
        for (const [how, image] of Object.entries(altered)) {
          const again = await analyzer.analyze(await image.toBuffer(), request);
          expect(cosine(straight, again), `${name}, ${how}`).toBeGreaterThan(THRESHOLD);
        }
      }
      for (const [i, one] of seen.entries()) {
        for (const other of seen.slice(i + 1)) expect(cosine(one, other), name).toBeLessThan(THRESHOLD);
      }
    }
  });

  test('measures are about the upright picture as sent, whatever was reduced or turned', async () => {
    const [picture] = await portraits('sample2.jpg');
    const upright = sharp(await sharp(picture).resize({ width: 400 }).png().toBuffer());
    const png = await upright.png().toBuffer();
    const here = await analyzer.analyze(png, request);
    expect(here.picture).toMatchObject({ width: 400, format: 'png' });
    const turned = await upright.clone().rotate(90).png().withMetadata({ orientation: 8 }).toBuffer();
    const there = await analyzer.analyze(turned, request);
    expect({ ...there, timing: here.timing }).toEqual(here);

    // the same face, small in a picture large enough to be reduced
    const canvas = sharp({ create: { width: 6000, height: 4000, channels: 3, background: '#667788' } });
    const large = await canvas
      .composite([{ input: png, left: 3000, top: 1500 }])
      .jpeg({ quality: 92 })
      .toBuffer();
    const far = await analyzer.analyze(large, request);
    expect(far.picture).toEqual({ width: 6000, height: 4000, format: 'jpeg' });
    expect(far.faces).toHaveLength(1);
    const [box, home] = [far.face!.box, here.face!.box];
    expect(Math.abs(box.x - 3000 - home.x)).toBeLessThan(0.15 * home.width);
    expect(Math.abs(box.y - 1500 - home.y)).toBeLessThan(0.15 * home.width);
    const ratio = far.face!.quality.interEyeDistance / here.face!.quality.interEyeDistance;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
    expect(far.face!.motion.mesh[0]! - here.face!.motion.mesh[0]!).toBeCloseTo(3000, -1);
    // it was looked at again in full resolution: nothing of the likeness is lost
    expect(cosine(far, here)).toBeGreaterThan(0.985);
  });

  test('mirroring turns the head the other way', async () => {
    const [picture] = await portraits('sample4.jpg');
    const straight = (await analyzer.analyze(picture!, request)).face!.quality;
    const mirror = (await analyzer.analyze(await sharp(picture).flop().toBuffer(), request)).face!.quality;
    expect(Math.abs(straight.pose.yaw)).toBeGreaterThan(10);
    expect(Math.abs(straight.pose.yaw + mirror.pose.yaw)).toBeLessThan(5);
    expect(Math.abs(straight.pose.roll + mirror.pose.roll)).toBeLessThan(5);
    expect(Math.abs(straight.pose.pitch - mirror.pose.pitch)).toBeLessThan(5);
    expect(Math.abs(straight.eyesOpen - mirror.eyesOpen)).toBeLessThan(0.05);
  });

  test('blur lowers sharpness, darkness lowers luminance, a tight crop lowers the margin', async () => {
    const [picture] = await portraits('sample2.jpg');
    const of = async (image: Sharp) =>
      (await analyzer.analyze(await image.toBuffer(), request)).face!.quality;
    const plain = await of(sharp(picture));
    const blurred = await of(sharp(picture).blur(4));
    const dark = await of(sharp(picture).linear(0.3, 0));
    expect(blurred.sharpness).toBeLessThan(plain.sharpness / 4);
    expect(dark.luminance).toBeLessThan(plain.luminance / 2);
    expect(plain.margin).toBeGreaterThan(0.25);
    expect(plain.margin).toBeLessThan(0.6);
  });
});

test('a quick look at a frame judges it as the whole analysis does, without a hash', async () => {
  for (const picture of await portraits('sample4.jpg')) {
    const frame = await sharp(picture).resize(480, 480, { fit: 'cover' }).jpeg({ quality: 75 }).toBuffer();
    const whole = await analyzer.analyze(frame, { ...request, embedders: [] });
    const quick = await analyzer.analyze(frame, { ...request, embedders: [], quick: true });
    expect(quick.pixelHash).toBe('');
    expect(quick.faces).toEqual(whole.faces);
    const [near, exact] = [quick.face!.quality, whole.face!.quality];
    expect([near.frameShare, near.margin]).toEqual([exact.frameShare, exact.margin]);
    for (const axis of ['yaw', 'pitch', 'roll'] as const)
      expect(Math.abs(near.pose[axis] - exact.pose[axis])).toBeLessThan(6);
    expect(Math.abs(near.eyesOpen - exact.eyesOpen)).toBeLessThan(0.08);
    expect(Math.abs(near.luminance - exact.luminance)).toBeLessThan(0.03);
    expect(near.interEyeDistance / exact.interEyeDistance).toBeCloseTo(1, 1);
  }
});

test('a face is followed from frame to frame without the detector, and only while it is there', async () => {
  const [picture] = await portraits('sample2.jpg');
  const first = sharp(await sharp(picture).resize(480, 480, { fit: 'cover' }).png().toBuffer());
  const quick = { ...request, embedders: [], quick: true as const };
  const before = (await analyzer.analyze(await first.clone().jpeg().toBuffer(), quick)).face!;
  const shifted = await first
    .extract({ left: 12, top: 6, width: 468, height: 474 })
    .extend({ right: 12, bottom: 6, background: '#777' })
    .jpeg()
    .toBuffer();
  const follow = { box: before.box, mesh: before.motion.mesh };
  const [found, seen] = [
    await analyzer.analyze(shifted, quick),
    await analyzer.analyze(shifted, { ...quick, follow }),
  ];
  expect(seen.faces).toHaveLength(1);
  const [box, exact] = [seen.face!.box, found.face!.box];
  for (const side of ['x', 'y', 'width', 'height'] as const)
    expect(Math.abs(box[side] - exact[side])).toBeLessThan(0.06 * exact.width);
  for (const axis of ['yaw', 'pitch', 'roll'] as const)
    expect(Math.abs(seen.face!.quality.pose[axis] - found.face!.quality.pose[axis])).toBeLessThan(6);
  const grey = sharp({ create: { width: 480, height: 480, channels: 3, background: '#888' } });
  expect((await analyzer.analyze(await grey.jpeg().toBuffer(), { ...quick, follow })).faces).toEqual([]);
});

test('a frame of a challenge is read twice where its face is followed too, hashed, and measured', async () => {
  const [picture] = await portraits('sample2.jpg');
  const upright = await sharp(picture).resize(480, 480, { fit: 'cover' }).png().toBuffer();
  const frame = await sharp(upright).jpeg({ quality: 80 }).toBuffer();
  const order = { ...request, embedders: [], challenge: true as const };
  const whole = await analyzer.analyze(frame, { ...request, embedders: [] });
  const first = await analyzer.analyze(frame, order);
  expect(first.pixelHash).toBe(whole.pixelHash);
  expect(first.face!.motion).toEqual(whole.face!.motion);
  expect(whole.face!.challenge).toBeUndefined();
  const { box, motion, challenge } = first.face!;
  expect(challenge!.texture).toHaveLength(80 * 80);
  expect(challenge!.rigidResidual).toBeGreaterThan(0.005);
  expect(challenge!.rigidResidual).toBeLessThan(0.055);
  expect(challenge!.skin[0]).toBeGreaterThan(challenge!.skin[2]);
  expect(challenge!.background).toHaveLength(3);
  const followed = await analyzer.analyze(frame, { ...order, follow: { box, mesh: motion.mesh } });
  // two passes converge: the second one of the followed frame reads what the second one of the first did
  for (const axis of ['yaw', 'pitch', 'roll'] as const)
    expect(Math.abs(followed.face!.motion.pose[axis] - motion.pose[axis])).toBeLessThan(1.5);
  const same = challenge!.texture.reduce(
    (sum, value, i) => sum + value * followed.face!.challenge!.texture[i]!,
    0,
  );
  const size = (texture: Float32Array) => Math.sqrt(texture.reduce((sum, value) => sum + value * value, 0));
  expect(same / size(challenge!.texture) / size(followed.face!.challenge!.texture)).toBeGreaterThan(0.97);
});

test('a picture without a face is an answer, not an error', async () => {
  const noise = sharp({
    create: {
      width: 640,
      height: 480,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  });
  const png = await noise.png().toBuffer();
  const { faces, face, pixelHash, picture, timing } = await analyzer.analyze(png, request);
  expect({ faces, face, picture }).toEqual({
    faces: [],
    face: undefined,
    picture: { width: 640, height: 480, format: 'png' },
  });
  const webp = await analyzer.analyze(await sharp(png).webp({ lossless: true }).toBuffer(), request);
  expect(webp.pixelHash).toBe(pixelHash);
  expect(timing.total).toBeGreaterThan(0);
  const other = await analyzer.analyze(await sharp(png).negate().png().toBuffer(), request);
  expect(other.pixelHash).not.toBe(pixelHash);
});

test('the share of a picture reaches the queue: a full one makes room for another organization', async () => {
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#555' } })
    .png()
    .toBuffer();
  const own = start({ queueLimit: 2 });
  try {
    const ask = (organization: string) =>
      own
        .analyze(picture, { ...request, share: { world: 'live', organization, key: 'k' } })
        .catch(({ code }) => code);
    // The worker has not started yet: all of them wait.
    const [first, second, other] = await Promise.all([ask('a'), ask('a'), ask('b')]);
    expect([first, other]).toMatchObject([{ faces: [] }, { faces: [] }]);
    expect(second).toBe('OVERLOADED');
  } finally {
    await own.close();
  }
});

test('refusals come through the worker, and the caller keeps its bytes', async () => {
  const bytes = Buffer.from('GIF89a and then nothing');
  await expect(analyzer.analyze(bytes, request)).rejects.toMatchObject({ code: 'IMAGE_FORMAT_UNSUPPORTED' });
  expect(bytes.toString()).toBe('GIF89a and then nothing');
  const [picture] = await portraits('sample2.jpg');
  await expect(analyzer.analyze(picture!, { ...request, detector: 'none' })).rejects.toMatchObject({
    code: 'MODEL_NOT_INSTALLED',
    message: expect.stringContaining('"none"'),
  });
  await expect(analyzer.analyze(picture!, { ...request, pad: 'none' })).rejects.toMatchObject({
    code: 'PAD_NOT_INSTALLED',
  });
  expect(analyzer.stats()).toMatchObject({
    replaced: 0,
    provider: { providersAsked: ['cpu'], provider: 'cpu', nets: [] },
  });
});

test('a provider that is not there is reported and the CPU does the work', async () => {
  const warnings: string[] = [];
  const named = process.platform === 'win32' ? 'coreml' : 'dml';
  const other = start({
    providers: [named],
    log: { ...silentLog, warn: (_fields, message) => warnings.push(message) },
  });
  try {
    await other.ready();
    const { faces } = await other.analyze(await readFile(join(samples, 'sample6.jpg')), request);
    expect(faces.length).toBeGreaterThan(0);
    await other.providersTried();
    expect(other.stats().provider).toEqual({
      providersAsked: [named],
      provider: 'cpu',
      fallback: `${named}: it cannot be opened: ${named} is not part of the ONNX Runtime for this platform`,
      because: [{ asked: named, code: 'unusable', said: expect.stringContaining('ONNX Runtime') }],
      nets: [],
    });
    expect(warnings).toHaveLength(1);
  } finally {
    await other.close();
  }
});

test('pictures are those of the CPU while a device runs the nets, and when it is lost at work', async () => {
  let device: Launched | undefined;
  const errors: string[] = [];
  const withPad = { ...request, pad: 'minifasnet-pair' };
  const other = start({
    workers: 2,
    providers: ['webgpu'],
    defaults: { ...models, pad: withPad.pad },
    // A device that every machine has.
    launch: (task, on) => (device = launchProcess({ ...task, provider: 'cpu' }, on)),
    log: { ...silentLog, error: (_fields, message) => errors.push(message) },
  });
  const withoutTimes = ({ timing, ...rest }: Analysis) => rest;
  try {
    const picture = await readFile(join(samples, 'sample6.jpg'));
    const expected = withoutTimes(await analyzer.analyze(picture, withPad));
    await Promise.all([other.ready(), other.providersTried()]);
    expect(other.stats().provider).toEqual({
      providersAsked: ['webgpu'],
      provider: 'webgpu',
      nets: expect.arrayContaining(
        ['blazeface', 'facemesh', 'iris', 'face-recognition', 'minifasnet-v2', 'minifasnet-v1se'].map(
          (model) => ({ model, provider: 'webgpu' }),
        ),
      ),
    });
    const all = Array.from({ length: 6 }, () => other.analyze(picture, withPad));
    await all[0];
    device!.kill();
    for (const analysis of await Promise.all(all)) expect(withoutTimes(analysis)).toEqual(expected);
    await expect.poll(() => other.stats().provider.provider).toBe('cpu');
    expect(other.stats()).toMatchObject({
      replaced: 0,
      provider: { fallback: expect.stringContaining('the device was lost: its process ended with SIGKILL') },
    });
    expect(withoutTimes(await other.analyze(picture, withPad))).toEqual(expected);
    expect(errors).toHaveLength(1);
  } finally {
    await other.close();
  }
});

test('a model that is imported while the service runs is used without a restart, and gone when removed', async () => {
  const { entry, path } = library.catalog().files.find((file) => file.entry.id === 'blazeface')!;
  const own = { ...entry, id: 'own-detector', origin: 'imported' as const };
  const picture = await readFile(join(samples, 'sample6.jpg'));
  const theirs = { ...request, detector: 'own-detector' };
  await expect(analyzer.analyze(picture, theirs)).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  await library.add(own, await readFile(path));
  analyzer.reload();
  const { faces } = await analyzer.analyze(picture, theirs);
  expect(faces).toEqual((await analyzer.analyze(picture, request)).faces);
  await library.remove('own-detector');
  analyzer.reload();
  await expect(analyzer.analyze(picture, theirs)).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  expect(analyzer.stats()).toMatchObject({ replaced: 0 });
});

test('a model file that changed on disk is refused when it is opened', async () => {
  const { files, padSets } = library.catalog();
  const other = start({
    library: {
      catalog: () => ({
        files: files.map((file) => ({ ...file, entry: { ...file.entry, sha256: '0'.repeat(64) } })),
        padSets,
      }),
    },
  });
  try {
    await expect(other.ready()).rejects.toThrow(
      /blazeface\.onnx changed: expected SHA-256 0{64}, found [0-9a-f]{64}/,
    );
    await expect(other.analyze(new Uint8Array(9), request)).rejects.toMatchObject({ code: 'INTERNAL' });
  } finally {
    await other.close();
  }
});

test('a large picture is analyzed when there is room for it', async () => {
  const face = await sharp(join(samples, 'sample1.jpg'))
    .extract({ left: 0, top: 0, width: 8, height: 8 })
    .toBuffer();
  const large = await sharp(face).resize(3400, 3400, { fit: 'fill' }).avif({ effort: 0 }).toBuffer();
  const [one, two] = await Promise.all([analyzer.analyze(large, request), analyzer.analyze(large, request)]);
  expect(one).toMatchObject({ picture: { width: 3400, height: 3400 }, faces: [] });
  expect(two.pixelHash).toBe(one.pixelHash);
});
