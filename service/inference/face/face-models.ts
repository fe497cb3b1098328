import { Problem } from '../../lib/problem.ts';
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
import { createPresentationScore, type PresentationScore } from './presentation-score.ts';
import { createWarp } from './warp.ts';

/** By their ids in the manifest. Each throws MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED. */
export interface FaceModels {
  detector(id: string): Promise<FaceDetector>;
  landmarks(): Promise<LandmarkReader>;
  eyes(): Promise<EyeOpenness>;
  embedder(id: string): Promise<FaceEmbedder>;
  pad(set: string): Promise<OpenPadSet>;
}

export interface OpenPadSet {
  set: PadSetEntry;
  scores: PresentationScore[];
}

/** Each model is opened when first asked for and kept; a failure to open is not kept. */
export function openFaceModels(
  catalog: ModelCatalog,
  open: (file: ModelFile) => Promise<OnnxModel>,
): FaceModels {
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
    detector: async (id) => detectors(find('detector', id)),
    landmarks: async () => landmarks(find('landmarks')),
    eyes: async () => eyes(find('iris')),
    embedder: async (id) => embedders(find('embedder', id)),
    async pad(id) {
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
