import { Problem } from '../../lib/problem.ts';
import type { ModelEntry, PadSetEntry } from '../models/manifest.ts';
import type { ModelCatalog } from '../models/model-library.ts';
import type { ModelFile, OnnxModel } from '../models/onnx-model.ts';
import { createFaceDetector, type FaceDetector } from './detect-faces.ts';
import { createFaceEmbedder, type FaceEmbedder } from './embed-face.ts';
import { createEyeOpenness, type EyeOpenness } from './eye-openness.ts';
import { createLandmarkReader, type LandmarkReader } from './face-landmarks.ts';
import { createPresentationScore, type PresentationScore } from './presentation-score.ts';

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
