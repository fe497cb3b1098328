import { defined } from '../../lib/defined.ts';
import type { Analysis, AnalysisRequest, Box, Face, PadScore } from '../face.ts';
import { combineScores } from '../models/manifest.ts';
import type { ModelCatalog } from '../models/model-library.ts';
import type { ModelFile, OnnxModel } from '../models/onnx-model.ts';
import type { RawPicture } from '../pictures/decode-heif.ts';
import {
  decodePicture,
  type PictureHeader,
  readHeader,
  type Turn,
  turnedBy,
  unpackPicture,
} from '../pictures/decode-picture.ts';
import { colorOf, hashPixels, type Picture, portraitOf } from '../pictures/picture.ts';
import type { Native } from '../workers/native-gate.ts';
import { createChallengeMeasures } from './challenge-measures.ts';
import type { FaceDetector } from './detect-faces.ts';
import type { Detection } from './detection.ts';
import { interEyeDistance, type LandmarkReader, type Landmarks } from './face-landmarks.ts';
import { type FaceModels, type OpenPadSet, openFaceModels } from './face-models.ts';
import { createChipMeasures, moireSignal, qualityOf } from './measure-quality.ts';
import { followFace, inView, meshUpright, surroundings, upright, type View, viewOf } from './view.ts';

/** Models that analyze a picture. */
export type Models = Omit<AnalysisRequest, 'deadline' | 'signal' | 'share'>;

/** `timing.queued` is 0: the pool knows it. */
export interface PictureAnalyzer {
  /** `header`: where it was read already. Throws Problem IMAGE_*, MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED. */
  analyze(bytes: Uint8Array, request: Models, header?: PictureHeader): Promise<Analysis>;
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

/** Faces analyzed further than by the detector; a crowd is refused long before. */
const MAX_FACES = 10;
/** Eyes closer than this in a reduced picture are measured again in the picture as sent. */
const FINE_EYES = 80;

/** Faces from this share of the main one's width on are checked for liveness too. */
const HALF = 0.5;

/** What a picture shows as it is, or turned. */
interface Looked {
  header: PictureHeader;
  view: View;
  seen: Seen[];
  /** Of the first face. */
  uprightness?: number;
}

interface Seen {
  view: View;
  detection: Detection;
  landmarks: Landmarks;
}

export function createPictureAnalyzer(deps: PictureAnalyzerDeps): PictureAnalyzer {
  const { catalog, open, decodeHeif, native, now } = deps;
  const models = openFaceModels(catalog, open);
  const measureChip = createChipMeasures();
  const measureForChallenge = createChallengeMeasures();

  async function unpack(bytes: Uint8Array, header: PictureHeader): Promise<Uint8Array | RawPicture> {
    if (header.format === 'heic') return decodeHeif(bytes, header);
    return header.large || header.format === 'avif' ? native(() => unpackPicture(bytes, header)) : bytes;
  }

  async function analyze(bytes: Uint8Array, request: Models, known?: PictureHeader): Promise<Analysis> {
    const { timing, lap, finish } = createStopwatch(now);
    const asSent = known ?? (await native(() => readHeader(bytes)));
    const source = await unpack(bytes, asSent);
    const decode = async (header: PictureHeader, region?: Box) =>
      viewOf(await native(() => decodePicture(source, header, region)));
    const whole = await decode(asSent);
    // Of the picture as sent: it is the same picture however it is turned to be judged.
    const hashes = request.quick ? { pixelHash: '' } : hashPixels(whole.picture);
    lap('decode');

    if (request.stopAt?.includes(hashes.pixelHash))
      return finish({ picture: pictureOf(asSent), faces: [], ...hashes, timing });

    const detector = await models.detector(request.detector);
    const reader = await models.landmarks();
    const followed = request.follow && (await followFace(reader, whole, request.follow));
    const closer = !request.quick && !request.challenge;
    const look = async (header: PictureHeader): Promise<Looked> => {
      const view = header === asSent ? whole : await decode(header);
      return { header, view, seen: await findFaces(detector, reader, view, { closer }) };
    };
    const looked = followed ? { header: asSent, view: whole, seen: followed } : await look(asSent);
    const {
      header,
      view: judged,
      seen,
      uprightness,
    } = closer ? await turnUpright(reader, looked, look) : looked;
    const found: Analysis = {
      picture: pictureOf(header),
      faces: seen.map(faceOf),
      ...hashes,
      timing,
    };
    lap('detect');
    const [first, ...others] = seen;
    const face = found.faces[0];
    if (!first || !face) return finish(found);

    let main = first;
    if (closer && judged.scale > 1 && interEyeDistance(first.landmarks.mesh) < FINE_EYES) {
      const close = await decode(header, surroundings(face.box, header));
      lap('decode');
      main = await rereadLandmarks(reader, first, close);
    }
    const { view } = main;
    const refined = request.quick ? main.landmarks : await reader.refine(view.pyramid, main.landmarks);
    const { mesh, pose } = refined;
    const eyesOpen = await (await models.eyes())(view.pyramid, refined);
    const measured = qualityOf({
      chip: measureChip(view.pyramid, mesh),
      box: face.box,
      interEyeDistance: interEyeDistance(mesh) * view.scale,
      pose,
      eyesOpen,
      picture: header,
    });
    const challenge = request.challenge && { challenge: measureForChallenge(view, main.detection.box, mesh) };
    lap('landmarks');
    const { embeddings, gates } = await embedAll(models, request.embedders, view, mesh);
    const quality = { ...measured, ...gates, ...defined({ uprightness }) };
    lap('embed');
    const { pad: id } = request;
    const pad = id === undefined ? {} : { pad: await padScore(id, await models.pad(id), main, others) };
    lap('pad');
    const motion = { pose, mesh: meshUpright(view, mesh), eyesOpen };
    if (request.portrait) found.portrait = await native(() => portraitOf(view.picture, main.detection.box));
    return finish({ ...found, face: { ...face, quality, embeddings, ...pad, motion, ...challenge } });
  }

  return { analyze, warmUp: (request) => warmUp(models, request) };
}

/** Vectors by embedder, and what the embedders measure that have a rule for it. */
async function embedAll(
  models: FaceModels,
  ids: readonly string[],
  { pyramid }: View,
  mesh: Landmarks['mesh'],
) {
  const embeddings: Record<string, Float32Array> = {};
  const gates: { lowerFace?: number; person?: number } = {};
  for (const id of ids) {
    const { vector, lowerFace, person } = await (await models.embedder(id))(pyramid, mesh);
    embeddings[id] = vector;
    Object.assign(gates, defined({ lowerFace, person }));
  }
  return { embeddings, gates };
}

/** Time is counted by the stage that a lap ends. */
function createStopwatch(now: () => number) {
  const timing = { decode: 0, detect: 0, landmarks: 0, embed: 0, pad: 0, total: 0, queued: 0 };
  const start = now();
  let last = start;
  return {
    timing,
    lap(stage: 'decode' | 'detect' | 'landmarks' | 'embed' | 'pad'): void {
      const time = now();
      timing[stage] += time - last;
      last = time;
    },
    finish(analysis: Analysis): Analysis {
      timing.total = now() - start;
      return analysis;
    },
  };
}

const turns: readonly Turn[] = [180, 90, 270];
/** Degrees: a head that is turned further in the plane of the picture was not held so, the picture is turned. */
const LARGEST_ROLL = 60;

/** The picture itself, or turned where only that shows a face, or shows upright the face that lies or stands on its head in the picture. */
async function turnUpright(
  reader: LandmarkReader,
  asSent: Looked,
  look: (header: PictureHeader) => Promise<Looked>,
): Promise<Looked> {
  const [first] = asSent.seen;
  if (!first) {
    for (const turn of turns) {
      const turned = await look(turnedBy(asSent.header, turn));
      if (turned.seen.length > 0) return withUprightness(reader, turned);
    }
    return asSent;
  }
  const found = await withUprightness(reader, asSent);
  const turn = turnOf(first.landmarks.pose.roll) ?? (found.uprightness! < 0 ? 180 : undefined);
  if (turn === undefined) return found;
  const turned = await withUprightness(reader, await look(turnedBy(asSent.header, turn)));
  return turned.uprightness !== undefined && turned.uprightness > 0 ? turned : found;
}

/** What sets a head upright that is turned by `roll` degrees clockwise; undefined where it nearly is. */
function turnOf(roll: number): Turn | undefined {
  if (Math.abs(roll) < LARGEST_ROLL) return undefined;
  const quarters = Math.round(roll / 90);
  return turns.find((turn) => (turn + 90 * quarters) % 360 === 0);
}

/** Reads the landmarks of the first face upside-down too: on a face that is upright the mesh model finds none there, or is less sure. */
async function withUprightness(reader: LandmarkReader, looked: Looked): Promise<Looked> {
  const [first] = looked.seen;
  if (!first) return looked;
  const { view, detection, landmarks } = first;
  const [left, right] = detection.eyes;
  const inverted = await reader.fromDetection(view.pyramid, { ...detection, eyes: [right, left] });
  return { ...looked, uprightness: logit(landmarks.presence) - logit(inverted.presence) };
}

/** The model's single precision ends near 1. */
const CLOSEST = 1e-7;

function logit(probability: number): number {
  const p = Math.min(1 - CLOSEST, Math.max(CLOSEST, probability));
  return Math.log(p / (1 - p));
}

const pictureOf = ({ width, height, format, turned }: PictureHeader): Analysis['picture'] => ({
  width,
  height,
  format,
  ...defined({ turned }),
});

/** Every face that passes both gates, most prominent first. */
async function findFaces(
  detector: FaceDetector,
  reader: LandmarkReader,
  view: View,
  options: { closer: boolean },
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const detection of (await detector(view.pyramid, options)).slice(0, MAX_FACES)) {
    if (seen.some((face) => holdsCentre(face.detection.box, detection.box))) continue;
    const landmarks = await reader.fromDetection(view.pyramid, detection);
    if (landmarks.present) seen.push({ view, detection, landmarks });
  }
  return seen;
}

/** The same face in another view of the picture. */
async function rereadLandmarks(reader: LandmarkReader, before: Seen, view: View): Promise<Seen> {
  const detection = inView(view, before.view, before.detection);
  return { view, detection, landmarks: await reader.fromDetection(view.pyramid, detection) };
}

async function liveScore({ pyramid }: View, box: Box, { set, scores }: OpenPadSet): Promise<number> {
  const seen: Float32Array[] = [];
  for (const score of scores) seen.push(await score(pyramid, box, set.crops ?? [1]));
  return combineScores(set, seen);
}

/** The others may lie in another view than the main face. */
async function padScore(
  set: string,
  pad: OpenPadSet,
  { view, detection: { box } }: Seen,
  others: readonly Seen[],
): Promise<PadScore> {
  let live = await liveScore(view, box, pad);
  // A photograph held beside a living face must not pass with it.
  for (const other of others)
    if (other.detection.box.width * other.view.scale >= HALF * box.width * view.scale)
      live = Math.min(live, await liveScore(other.view, other.detection.box, pad));
  return { set, live, color: colorOf(view.picture, box), moire: moireSignal(view.picture, box) };
}

async function warmUp(models: FaceModels, { detector, embedders, pad }: Models): Promise<void> {
  const grey: Picture = { width: 64, height: 64, pixels: new Uint8Array(64 * 64 * 3).fill(128) };
  const view = viewOf({ picture: grey, scale: 1, left: 0, top: 0 });
  const { pyramid } = view;
  const box = { x: 16, y: 16, width: 32, height: 32 };
  const detection = {
    box,
    score: 1,
    eyes: [
      { x: 24, y: 28 },
      { x: 40, y: 28 },
    ],
  } as const;
  await (await models.detector(detector))(pyramid, { closer: false });
  const landmarks = await (await models.landmarks()).fromDetection(pyramid, detection);
  await (await models.eyes())(pyramid, landmarks);
  for (const id of embedders) await (await models.embedder(id))(pyramid, landmarks.mesh);
  if (pad !== undefined) await liveScore(view, box, await models.pad(pad));
}

const faceOf = ({ view, detection: { box, score }, landmarks: { presence } }: Seen): Face => ({
  box: upright(view, box),
  detection: score,
  presence,
});

function holdsCentre(outer: Box, inner: Box): boolean {
  const x = inner.x + inner.width / 2;
  const y = inner.y + inner.height / 2;
  return x > outer.x && x < outer.x + outer.width && y > outer.y && y < outer.y + outer.height;
}
