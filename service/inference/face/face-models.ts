import { Problem } from '../../lib/problem.ts';
import type { Box } from '../face.ts';
import type { ModelEntry, PadSetEntry } from '../models/manifest.ts';
import type { ModelCatalog } from '../models/model-library.ts';
import type { ModelFile, OnnxModel } from '../models/onnx-model.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { cropToPicture, mirrored } from './affine.ts';
import { createFaceDetector, type FaceDetector } from './detect-faces.ts';
import { createFaceEmbedder, type FaceEmbedder } from './embed-face.ts';
import {
  createLandmarkReader,
  EYE_CORNERS,
  type LandmarkReader,
  type Landmarks,
  meshPoint,
} from './face-landmarks.ts';
import { createWarp, finePyramidLevel, placement } from './warp.ts';

/** By their ids in the manifest. Each throws MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED. */
export type FaceModels = ReturnType<typeof openFaceModels>;

export interface OpenPadSet {
  set: PadSetEntry;
  scores: PresentationScore[];
}

/** Each model is opened when first asked for and kept; a failure to open is not kept. */
export function openFaceModels(catalog: ModelCatalog, open: (file: ModelFile) => Promise<OnnxModel>) {
  function keep<Reader>(build: (model: OnnxModel) => Reader) {
    const kept = new Map<string, Promise<Reader>>();
    return (file: ModelFile): Promise<Reader> => {
      const { id } = file.entry;
      const reader = kept.get(id) ?? open(file).then(build);
      kept.set(id, reader);
      reader.catch(() => kept.delete(id));
      return reader;
    };
  }
  function find(role: ModelEntry['role'], id?: string): ModelFile {
    const file = catalog.files.find(
      ({ entry }) => entry.role === role && (id === undefined || entry.id === id),
    );
    if (file) return file;
    throw new Problem(
      'MODEL_NOT_INSTALLED',
      `The ${role} model${id === undefined ? '' : ` "${id}"`} is not installed; "gatehouse models list" shows what is.`,
    );
  }
  const detectors = keep(createFaceDetector);
  const landmarks = keep(createLandmarkReader);
  const eyes = keep(createEyeOpenness);
  const embedders = keep(createFaceEmbedder);
  const pads = keep(createPresentationScore);
  return {
    detector: async (id: string): Promise<FaceDetector> => detectors(find('detector', id)),
    landmarks: async (): Promise<LandmarkReader> => landmarks(find('landmarks')),
    eyes: async (): Promise<EyeOpenness> => eyes(find('iris')),
    embedder: async (id: string): Promise<FaceEmbedder> => embedders(find('embedder', id)),
    async pad(id: string): Promise<OpenPadSet> {
      const set = catalog.padSets.find((known) => known.id === id);
      const files = set?.models.map(({ model }) => catalog.files.find(({ entry }) => entry.id === model));
      if (!set || !files || files.includes(undefined)) {
        throw new Problem(
          'PAD_NOT_INSTALLED',
          `The presentation attack detection "${id}" is not installed or off; "gatehouse models list" shows its models.`,
        );
      }
      return { set, scores: await Promise.all(files.map((file) => pads(file!))) };
    },
  };
}

/** Mean eye aspect ratio of both eyes: lid opening over eye width. */
type EyeOpenness = (pyramid: Pyramid, landmarks: Landmarks) => Promise<number>;

/** Crop side over the distance of the eye's corners. */
const MARGIN = 2.3;

function createEyeOpenness(model: OnnxModel): EyeOpenness {
  const [size] = model.entry.input.size;
  const length = size * size * 3;
  const warp = createWarp(model.entry.input);
  const input = new Float32Array(2 * length);
  const eyes = [EYE_CORNERS.left, EYE_CORNERS.right];

  return async (pyramid, { mesh, turn }) => {
    eyes.forEach(([outer, inner], i) => {
      const a = meshPoint(mesh, outer);
      const b = meshPoint(mesh, inner);
      const toPicture = cropToPicture(
        {
          centre: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
          side: MARGIN * Math.hypot(a.x - b.x, a.y - b.y),
          angle: turn,
        },
        size,
      );
      // the model knows one eye; the other is shown to it as a mirror image
      warp(pyramid, i === 0 ? toPicture : mirrored(toPicture, size), input, i * length);
    });
    if (model.entry.input.batch) {
      const { contour } = await model.run(input, 2);
      const half = contour!.length / 2;
      return (eyeAspectRatio(contour!.subarray(0, half)) + eyeAspectRatio(contour!.subarray(half))) / 2;
    }
    const one = await model.run(input.subarray(0, length), 1);
    const first = eyeAspectRatio(one.contour!);
    const other = await model.run(input.subarray(length), 1);
    return (first + eyeAspectRatio(other.contour!)) / 2;
  };
}

/**
 * From the iris model's contour (x, y, z triples): points 0..8 run along the lower lid from corner to corner, 9..15 along
 * the upper one between them. Mean lid distance at five places over the corners' distance (LIVENESS.md §1).
 */
export function eyeAspectRatio(contour: Float32Array): number {
  const distance = (i: number, j: number) =>
    Math.hypot(contour[3 * i]! - contour[3 * j]!, contour[3 * i + 1]! - contour[3 * j + 1]!);
  let sum = 0;
  for (let k = 1; k <= 5; k++) sum += distance(9 + k, 1 + k);
  return sum / 5 / distance(0, 8);
}

/** Probabilities that the face is live, 0..1, as one model sees it: one for each share of the full crop, in their order. */
type PresentationScore = (pyramid: Pyramid, box: Box, shares: readonly number[]) => Promise<Float32Array>;

export function createPresentationScore(model: OnnxModel): PresentationScore {
  const { input: spec, crop } = model.entry;
  if (!crop) throw new Error(`The PAD model ${model.entry.id} has no crop in the manifest.`);
  const chip = createMeanChip(spec);
  const length = spec.size[0] * spec.size[1] * 3;
  let input = new Float32Array(length);
  return async (pyramid, box, shares) => {
    const { width, height } = pyramid.level(0);
    if (input.length < shares.length * length) input = new Float32Array(shares.length * length);
    for (const [i, share] of shares.entries())
      chip(pyramid, padCrop(box, crop, width, height, share), input, i * length);
    if (!spec.batch) return oneByOne(model, input, shares.length, length);
    const { live } = await model.run(input, shares.length);
    return live!;
  };
}

/** For models of other makers whose graph takes one picture. */
async function oneByOne(model: OnnxModel, input: Float32Array, count: number, length: number) {
  const live = new Float32Array(count);
  for (let i = 0; i < count; i++)
    live[i] = (await model.run(input.subarray(i * length, (i + 1) * length), 1)).live![0]!;
  return live;
}

/**
 * The part of a picture that a PAD model sees: the box reshaped and enlarged as the manifest says, at most to the picture's
 * sides, then reduced to `share` of that and shifted (not cut) to stay inside the picture.
 */
export function padCrop(
  box: Box,
  crop: NonNullable<ModelEntry['crop']>,
  width: number,
  height: number,
  share = 1,
): Box {
  const boxWidth = box.width * crop.boxWidth;
  const boxHeight = box.height * crop.boxHeight;
  const scale = Math.min(crop.scale, width / boxWidth, height / boxHeight) * share;
  const cropWidth = boxWidth * scale;
  const cropHeight = boxHeight * scale;
  const x = box.x + box.width / 2 - cropWidth / 2;
  const y = box.y + box.height * (0.5 - crop.centreUp) - cropHeight / 2;
  return {
    x: Math.min(Math.max(0, x), width - cropWidth),
    y: Math.min(Math.max(0, y), height - cropHeight),
    width: cropWidth,
    height: cropHeight,
  };
}

/** Writes one model input: `crop` of the picture, normalized, at `offset` of `into`. */
type MeanChip = (pyramid: Pyramid, crop: Box, into: Float32Array, offset: number) => void;

/** Pixels of the sampled level that a chip pixel spans at least, where the picture has them. */
const SPAN = 4;

/**
 * A chip whose pixels are the means of what they cover, so that it is as sharp at every size of the face: between two levels of the pyramid
 * bilinear sampling blurs up to twice as much. Beyond the edge lies the nearest pixel: a black border is a trace that the picture does not have.
 */
function createMeanChip(input: ModelEntry['input']): MeanChip {
  const [width, height] = input.size;
  const { step, red, green, blue } = placement(input);
  const row = new Float64Array(width * 3);
  return (pyramid, crop, into, offset) => {
    const scale = Math.sqrt((crop.width / width) * (crop.height / height));
    const index = finePyramidLevel(scale / SPAN, pyramid.depth);
    const { pixels, ...source } = pyramid.level(index);
    const shrink = 1 / 2 ** index;
    const across = coverage(crop.x * shrink, (crop.width * shrink) / width, width, source.width);
    const down = coverage(crop.y * shrink, (crop.height * shrink) / height, height, source.height);
    for (let y = 0; y < height; y++) {
      row.fill(0);
      for (let k = down.starts[y]!; k < down.starts[y + 1]!; k++)
        addLine(pixels, down.places[k]! * source.width, across, down.weights[k]!, row);
      for (let x = 0, at = offset + y * width * step; x < width; x++, at += step) {
        into[at + red.at] = row[3 * x]! * red.mul + red.add;
        into[at + green.at] = row[3 * x + 1]! * green.mul + green.add;
        into[at + blue.at] = row[3 * x + 2]! * blue.mul + blue.add;
      }
    }
  };
}

/** Of each chip pixel along one side, from `starts[i]` to `starts[i + 1]`: pixels of the picture and their shares. */
interface Coverage {
  starts: Int32Array;
  places: Int32Array;
  weights: Float64Array;
}

function coverage(start: number, step: number, count: number, size: number): Coverage {
  const most = count * (Math.ceil(step) + 1);
  const found = {
    starts: new Int32Array(count + 1),
    places: new Int32Array(most),
    weights: new Float64Array(most),
  };
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [from, to] = [start + i * step, start + (i + 1) * step];
    for (let place = Math.floor(from); place < to; place++) {
      found.places[at] = Math.min(size - 1, Math.max(0, place));
      found.weights[at++] = (Math.min(to, place + 1) - Math.max(from, place)) / step;
    }
    found.starts[i + 1] = at;
  }
  return found;
}

/** Adds the line of pixels that begins at `line`, `weight` times, to the chip's row. */
function addLine(
  pixels: Uint8Array,
  line: number,
  { starts, places, weights }: Coverage,
  weight: number,
  row: Float64Array,
): void {
  for (let x = 0, to = 0; to < row.length; x++, to += 3) {
    let [red, green, blue] = [0, 0, 0];
    for (let k = starts[x]!; k < starts[x + 1]!; k++) {
      const share = weights[k]!;
      const at = (line + places[k]!) * 3;
      red += share * pixels[at]!;
      green += share * pixels[at + 1]!;
      blue += share * pixels[at + 2]!;
    }
    row[to]! += weight * red;
    row[to + 1]! += weight * green;
    row[to + 2]! += weight * blue;
  }
}
