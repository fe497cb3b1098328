import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { Manifest, type ModelEntry } from '../service/inference/models/manifest.ts';
import { InferenceSession, Tensor } from '../service/inference/models/onnx-runtime.ts';
import { createNoise } from '../test/support/naive-network.ts';
import { recipes } from './recipes.ts';
import { tryModel } from './try-model.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')));
const packages = join(import.meta.dirname, '..', 'node_modules');

interface Built {
  entry: ModelEntry;
  onnx: Uint8Array;
}

let builds: ReadonlyMap<string, Built>;

beforeAll(() => {
  builds = new Map(
    manifest.models.map((entry) => {
      const sources = entry.sources.flatMap(({ file, package: from }) =>
        from === undefined ? [] : [readFileSync(join(packages, from.slice(0, from.lastIndexOf('@')), file))],
      );
      const onnx =
        sources.length === 0
          ? readFileSync(join(import.meta.dirname, 'bundled', entry.file))
          : recipes[entry.id]!(sources);
      return [entry.id, { entry, onnx }];
    }),
  );
});

type Outputs = Record<string, Float32Array>;

/** A model ready for one picture in planes. */
async function open(id: string) {
  const { entry, onnx } = builds.get(id)!;
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const [width, height] = entry.input.size;
  return {
    entry,
    async run(planes: Float32Array): Promise<Outputs> {
      const results = await session.run({
        [entry.inputName]: new Tensor('float32', planes, [1, 3, height, width]),
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
      );
    },
  };
}

/** Channels last (0..255, RGB) to the planes a model wants. */
function planesOf(
  pixels: ArrayLike<number>,
  { size: [width, height], colour, mean, scale }: ModelEntry['input'],
): Float32Array {
  const plane = width * height;
  return Float32Array.from({ length: 3 * plane }, (_, i) => {
    const c = Math.floor(i / plane);
    return (pixels[3 * (i % plane) + (colour === 'RGB' ? c : 2 - c)]! - mean[c]!) / scale[c]!;
  });
}

/** Length of the vector, and its projections on four vectors of noise. */
function fingerprint(values: Float32Array): number[] {
  const noise = createNoise(11);
  const sums = [0, 0, 0, 0];
  let square = 0;
  for (const x of values) {
    square += x * x;
    for (let k = 0; k < sums.length; k++) sums[k]! += x * noise();
  }
  return [Math.sqrt(square), ...sums];
}

/** What TF.js 4.22 (backend cpu) answers to noise between `low` and `high` (face-api 1.7.15 for face-recognition), as fingerprints. */
const references: [string, number, number, Record<string, number[]>][] = [
  [
    'blazeface',
    -1,
    1,
    {
      scores: [223.6436, 44.2587, 129.5908, 19.22775, 214.5653],
      boxes: [3051.111, -386.8399, -1354.509, 1523.725, 3128.993],
    },
  ],
  [
    'facemesh',
    0,
    1,
    {
      mesh: [3162.514, -2295.33, 1094.652, -2566.252, -5312.512],
      flag: [0.00003470818, 0.00001058692, -0.000008217937, -0.00001061908, -0.00002566556],
    },
  ],
  ['iris', 0, 1, { contour: [408.4614, -325.1509, 97.88722, -70.18854, -144.9187] }],
  ['face-recognition', -0.5, 0.5, { embedding: [1.27036, 0.2019227, -0.3923715, 0.3608229, -1.375871] }],
];

describe('a built model', () => {
  test.each(references)('%s answers what TF.js answers', async (id, low, high, expected) => {
    const { entry, run } = await open(id);
    const [width, height] = entry.input.size;
    const noise = createNoise(7);
    const plane = width * height;
    const planes = new Float32Array(3 * plane);
    for (let i = 0; i < planes.length; i++) {
      planes[(i % 3) * plane + Math.floor(i / 3)] = (low + high) / 2 + ((high - low) / 2) * noise();
    }
    const found = await run(planes);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, reference] of Object.entries(expected)) {
      fingerprint(found[name]!).forEach((value, i) => {
        expect(Math.abs(value - reference[i]!)).toBeLessThan(1e-5 * reference[0]! + 1e-7);
      });
    }
  });

  test.each(manifest.models.map(({ id }) => id))('%s runs as its manifest entry says', async (id) => {
    const { entry, onnx } = builds.get(id)!;
    await tryModel(onnx, entry);
  });

  test.each(manifest.models.filter(({ input }) => input.batch).map(({ id }) => id))(
    '%s gives for two pictures at once what it gives for each',
    async (id) => {
      const { entry, onnx } = builds.get(id)!;
      const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1 });
      const noise = createNoise(4);
      const [width, height] = entry.input.size;
      const length = 3 * width * height;
      const both = Float32Array.from({ length: 2 * length }, noise);
      const output = Object.values(entry.outputs)[0]!;
      const run = async (data: Float32Array) =>
        (await session.run({ image: new Tensor('float32', data, [data.length / length, 3, height, width]) }))[
          output
        ]!.data as Float32Array;
      const together = await run(both);
      const apart = [...(await run(both.subarray(0, length))), ...(await run(both.subarray(length)))];
      apart.forEach((value, i) => {
        expect(Math.abs(value - together[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
      });
    },
  );
});

/** Squares around the faces of a picture, best first, as blazeface alone finds them. */
async function findFaces(
  path: string,
): Promise<{ left: number; top: number; width: number; height: number }[]> {
  const { entry, run } = await open('blazeface');
  const [size] = entry.input.size;
  const { width = 0, height = 0 } = await sharp(path).metadata();
  const pixels = await sharp(path).resize(size, size, { fit: 'fill' }).removeAlpha().raw().toBuffer();
  const { scores, boxes } = await run(planesOf(pixels, entry.input));
  const anchors = [16, 32].flatMap((stride) =>
    Array.from({ length: (size / stride) ** 2 * (stride === 16 ? 2 : 6) }, (_, i) => {
      const cell = Math.floor(i / (stride === 16 ? 2 : 6));
      return [
        ((cell % (size / stride)) + 0.5) * stride,
        (Math.floor(cell / (size / stride)) + 0.5) * stride,
      ] as const;
    }),
  );
  const found = anchors
    .map(([x, y], i) => ({
      score: scores![i]!,
      x: x + boxes![16 * i]!,
      y: y + boxes![16 * i + 1]!,
      side: boxes![16 * i + 2]!,
    }))
    .filter(({ score }) => score > 1)
    .sort((a, b) => b.score - a.score);
  const faces: typeof found = [];
  for (const face of found) {
    if (faces.every((other) => Math.hypot(face.x - other.x, face.y - other.y) > other.side / 2))
      faces.push(face);
  }
  return faces.map(({ x, y, side }) => {
    const [w, h] = [(1.3 * side * width) / size, (1.3 * side * width) / size];
    const left = Math.max(0, Math.round((x * width) / size - w / 2));
    const top = Math.max(0, Math.round((y * height) / size - h / 2));
    return {
      left,
      top,
      width: Math.min(Math.round(w), width - left),
      height: Math.min(Math.round(h), height - top),
    };
  });
}

const cosine = (a: Float32Array, b: Float32Array): number => {
  const dot = a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
};

/** Equality with TF.js would not show a degenerate file: an embedding must also separate faces. */
test.each(manifest.models.filter(({ role }) => role === 'embedder').map(({ id }) => id))(
  '%s knows faces of two group photos again, re-encoded, darker and smaller',
  async (id) => {
    const { entry, run } = await open(id);
    const [size] = entry.input.size;
    const embed = async (picture: Buffer) => {
      const pixels = await sharp(picture).resize(size, size, { fit: 'fill' }).removeAlpha().raw().toBuffer();
      return (await run(planesOf(pixels, entry.input))).embedding!;
    };
    const pairs: { original: Float32Array; altered: Float32Array }[] = [];
    for (const photo of ['sample1.jpg', 'sample3.jpg']) {
      const path = join(packages, '@vladmandic/face-api/demo', photo);
      for (const face of await findFaces(path)) {
        const crop = await sharp(path).extract(face).png().toBuffer();
        const worse = await sharp(crop)
          .resize(90)
          .modulate({ brightness: 0.8 })
          .jpeg({ quality: 60 })
          .toBuffer();
        pairs.push({ original: await embed(crop), altered: await embed(worse) });
      }
    }
    expect(pairs.length).toBeGreaterThanOrEqual(4);
    for (const { original, altered } of pairs) {
      const same = cosine(original, altered);
      const others = pairs
        .filter((pair) => pair.original !== original)
        .map((pair) => cosine(original, pair.altered));
      expect(same).toBeGreaterThan(Math.max(...others));
    }
  },
);
