import { createHash } from 'node:crypto';
import { Problem } from '../../lib/problem.ts';
import type { Analysis, AnalysisRequest, Box, Face } from '../face.ts';
import { combineScores } from '../models/combine-scores.ts';
import type { ModelEntry, PadSetEntry } from '../models/manifest.ts';
import type { ModelCatalog } from '../models/model-library.ts';
import type { ModelFile, OnnxModel } from '../models/onnx-model.ts';
import { colorOf } from '../pictures/color.ts';
import type { RawPicture } from '../pictures/decode-heif.ts';
import {
  type DecodedPicture,
  decodePicture,
  type PictureHeader,
  readHeader,
} from '../pictures/decode-picture.ts';
import { createPyramid, type Picture, type Pyramid } from '../pictures/picture.ts';
import type { Native } from '../workers/native-gate.ts';
import { createFaceDetector, type FaceDetector } from './detect-faces.ts';
import type { Detection } from './detection.ts';
import { createFaceEmbedder, type FaceEmbedder } from './embed-face.ts';
import { createEyeOpenness, type EyeOpenness } from './eye-openness.ts';
import {
  createLandmarkReader,
  interEyeDistance,
  type LandmarkReader,
  type Landmarks,
} from './face-landmarks.ts';
import { createChipMeasures, qualityOf } from './measure-quality.ts';
import { moireSignal } from './moire-signal.ts';
import { createPresentationScore, type PresentationScore } from './presentation-score.ts';

/** Which models look at a picture. */
export type Models = Omit<AnalysisRequest, 'deadline' | 'signal' | 'share'>;

/** `timing.queued` is 0: the pool knows it. */
export interface PictureAnalyzer {
  /** Throws Problem IMAGE_*, MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED. */
  analyze(bytes: Uint8Array, request: Models): Promise<Analysis>;
  /** Opens and runs in what `request` needs, so that the first picture does not wait for it. */
  warmUp(request: Models): Promise<void>;
}

export interface PictureAnalyzerDeps {
  catalog: ModelCatalog;
  /** A model is opened once, when first needed. */
  open(file: ModelFile): Promise<OnnxModel>;
  decodeHeif(bytes: Uint8Array, header: PictureHeader): Promise<RawPicture>;
  /** Around decoding; `open` sees to its models. */
  native: Native;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** Faces looked at more closely than by the detector; a crowd is refused long before. */
const MAX_FACES = 10;
/** Eyes closer than this in a reduced picture are looked at again in the picture as sent. */
const FINE_EYES = 80;
/** Side of that look over the face box: more than the widest PAD crop. */
const FINE_SIDE = 6;

/** Faces from this share of the main one's width on are looked at for liveness too. */
const HALF = 0.5;

interface Seen {
  detection: Detection;
  landmarks: Landmarks;
}

/** Decoded pixels with their halves. */
interface View extends DecodedPicture {
  pyramid: Pyramid;
}

export function createPictureAnalyzer(deps: PictureAnalyzerDeps): PictureAnalyzer {
  const { catalog, open, decodeHeif, native, now } = deps;
  const models = createReaders(catalog, open);
  const measureChip = createChipMeasures();

  /** Every face that passes both gates, most prominent first. */
  async function findFaces(detector: FaceDetector, reader: LandmarkReader, view: View): Promise<Seen[]> {
    const seen: Seen[] = [];
    for (const detection of (await detector(view.pyramid)).slice(0, MAX_FACES)) {
      if (seen.some((face) => holdsCentre(face.detection.box, detection.box))) continue;
      const landmarks = await reader.fromDetection(view.pyramid, detection);
      if (landmarks.present) seen.push({ detection, landmarks });
    }
    return seen;
  }

  async function liveScore({ pyramid }: View, box: Box, { set, scores }: OpenPadSet): Promise<number> {
    const seen: Float32Array[] = [];
    for (const score of scores) seen.push(await score(pyramid, box, set.crops ?? [1]));
    return combineScores(set, seen);
  }

  /** The main face lies in `view`, the others in the picture as it was looked at first. */
  async function padScore(view: View, main: Box, first: View, others: readonly Box[], id: string) {
    const pad = await models.pad(id);
    let live = await liveScore(view, main, pad);
    // A photograph held beside a living face must not pass with it.
    for (const box of others)
      if (box.width * first.scale >= HALF * main.width * view.scale)
        live = Math.min(live, await liveScore(first, box, pad));
    return { set: id, live, color: colorOf(view.picture, main), moire: moireSignal(view.picture, main) };
  }

  async function analyze(bytes: Uint8Array, request: Models): Promise<Analysis> {
    const timing = { decode: 0, detect: 0, landmarks: 0, embed: 0, pad: 0, total: 0, queued: 0 };
    const start = now();
    let last = start;
    const lap = (stage: 'decode' | 'detect' | 'landmarks' | 'embed' | 'pad') => {
      const time = now();
      timing[stage] += time - last;
      last = time;
    };
    const header = await native(() => readHeader(bytes));
    const source = header.format === 'heic' ? await decodeHeif(bytes, header) : bytes;
    const whole = viewOf(await native(() => decodePicture(source, header)));
    let view = whole;
    const pixelHash = hashPixels(view.picture);
    lap('decode');

    const picture = { width: header.width, height: header.height, format: header.format };
    if (request.stopAt?.includes(pixelHash)) return finish({ picture, faces: [], pixelHash, timing });

    const detector = await models.detector(request.detector);
    const reader = await models.landmarks();
    const faces = await findFaces(detector, reader, view);
    const found: Analysis = {
      picture,
      faces: faces.map(({ detection, landmarks }) => faceOf(view, detection, landmarks)),
      pixelHash,
      timing,
    };
    lap('detect');
    const main = faces[0];
    if (!main) return finish(found);

    let first = main;
    if (view.scale > 1 && interEyeDistance(first.landmarks.mesh) < FINE_EYES) {
      const region = surroundings(found.faces[0]!.box, header);
      const closer = viewOf(await native(() => decodePicture(source, header, region)));
      lap('decode');
      const detection = inView(closer, view, first.detection);
      first = { detection, landmarks: await reader.fromDetection(closer.pyramid, detection) };
      view = closer;
    }
    const { pyramid } = view;
    const refined = await reader.refine(pyramid, first.landmarks);
    const { mesh, pose } = refined;
    const eyesOpen = await (await models.eyes())(pyramid, refined);
    const quality = qualityOf({
      chip: measureChip(pyramid, mesh),
      box: found.faces[0]!.box,
      interEyeDistance: interEyeDistance(mesh) * view.scale,
      pose,
      eyesOpen,
      picture: header,
    });
    lap('landmarks');
    const embeddings: Record<string, Float32Array> = {};
    for (const id of request.embedders) embeddings[id] = await (await models.embedder(id))(pyramid, mesh);
    lap('embed');
    const others = faces.slice(1).map(({ detection }) => detection.box);
    const pad =
      request.pad === undefined
        ? {}
        : { pad: await padScore(view, first.detection.box, whole, others, request.pad) };
    lap('pad');
    found.face = {
      ...found.faces[0]!,
      quality,
      embeddings,
      ...pad,
      motion: { pose, mesh: meshUpright(view, mesh), eyesOpen },
    };
    return finish(found);

    function finish(analysis: Analysis): Analysis {
      timing.total = now() - start;
      return analysis;
    }
  }

  return {
    analyze,
    async warmUp({ detector, embedders, pad }) {
      const grey: Picture = { width: 64, height: 64, pixels: new Uint8Array(64 * 64 * 3).fill(128) };
      const pyramid = createPyramid(grey);
      const box = { x: 16, y: 16, width: 32, height: 32 };
      const detection = {
        box,
        score: 1,
        eyes: [
          { x: 24, y: 28 },
          { x: 40, y: 28 },
        ],
      } as const;
      await (await models.detector(detector))(pyramid);
      const landmarks = await (await models.landmarks()).fromDetection(pyramid, detection);
      await (await models.eyes())(pyramid, landmarks);
      for (const id of embedders) await (await models.embedder(id))(pyramid, landmarks.mesh);
      if (pad !== undefined)
        await liveScore(viewOf({ picture: grey, scale: 1, left: 0, top: 0 }), box, await models.pad(pad));
    },
  };
}

const viewOf = (decoded: DecodedPicture): View => ({ ...decoded, pyramid: createPyramid(decoded.picture) });

/** SHA-256 of the sides and the pixels. */
function hashPixels({ width, height, pixels }: Picture): string {
  return createHash('sha256').update(`${width}x${height}:`).update(pixels).digest('hex');
}

const upright = (view: View, box: Box): Box => ({
  x: view.left + box.x * view.scale,
  y: view.top + box.y * view.scale,
  width: box.width * view.scale,
  height: box.height * view.scale,
});

const faceOf = (view: View, { box, score }: Detection, { presence }: Landmarks): Face => ({
  box: upright(view, box),
  detection: score,
  presence,
});

/** A detection in another view of the same picture. */
function inView(to: View, from: View, { box, score, eyes }: Detection): Detection {
  const shrink = from.scale / to.scale;
  const x = (value: number) => (from.left + value * from.scale - to.left) / to.scale;
  const y = (value: number) => (from.top + value * from.scale - to.top) / to.scale;
  return {
    box: { x: x(box.x), y: y(box.y), width: box.width * shrink, height: box.height * shrink },
    score,
    eyes: [
      { x: x(eyes[0].x), y: y(eyes[0].y) },
      { x: x(eyes[1].x), y: y(eyes[1].y) },
    ],
  };
}

/** Whole pixels around a face, inside the picture. */
function surroundings(box: Box, { width, height }: PictureHeader): Box {
  const half = (Math.max(box.width, box.height) * FINE_SIDE) / 2;
  const left = Math.max(0, Math.floor(box.x + box.width / 2 - half));
  const top = Math.max(0, Math.floor(box.y + box.height / 2 - half));
  return {
    x: left,
    y: top,
    width: Math.min(width, Math.ceil(box.x + box.width / 2 + half)) - left,
    height: Math.min(height, Math.ceil(box.y + box.height / 2 + half)) - top,
  };
}

function meshUpright(view: View, mesh: Float32Array): Float32Array {
  const shift = [view.left, view.top, 0] as const;
  return mesh.map((value, i) => value * view.scale + shift[i % 3]!);
}

function holdsCentre(outer: Box, inner: Box): boolean {
  const x = inner.x + inner.width / 2;
  const y = inner.y + inner.height / 2;
  return x > outer.x && x < outer.x + outer.width && y > outer.y && y < outer.y + outer.height;
}

interface Readers {
  detector(id: string): Promise<FaceDetector>;
  landmarks(): Promise<LandmarkReader>;
  eyes(): Promise<EyeOpenness>;
  embedder(id: string): Promise<FaceEmbedder>;
  pad(set: string): Promise<OpenPadSet>;
}

interface OpenPadSet {
  set: PadSetEntry;
  scores: PresentationScore[];
}

/** Each model is opened when first asked for and kept; a failure to open is not kept. */
function createReaders(catalog: ModelCatalog, open: PictureAnalyzerDeps['open']): Readers {
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
      const files = set?.models.map((model) => catalog.files.find(({ entry }) => entry.id === model));
      if (!set || !files || files.includes(undefined)) {
        throw new Problem(
          'PAD_NOT_INSTALLED',
          `The presentation attack detection "${id}" is not installed; import its models with "gatehouse models import".`,
        );
      }
      return { set, scores: await Promise.all(files.map((file) => pads(file!))) };
    },
  };
}
