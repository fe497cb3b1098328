import { createHash } from 'node:crypto';
import type { Analysis, AnalyzedFace, MotionSample, QualityMeasures } from '../../service/inference/face.ts';
import type { FaceAnalyzer } from '../../service/inference/workers/face-analyzer.ts';
import { Problem } from '../../service/lib/problem.ts';

/** A well-lit frontal face in the middle of a 640 x 480 picture. */
const goodQuality: QualityMeasures = {
  interEyeDistance: 100,
  sharpness: 60,
  luminance: 0.5,
  overExposure: 0,
  underExposure: 0,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  eyesOpen: 0.3,
  margin: 0.5,
  frameShare: 0.3,
};

/** A unit vector that depends on the name alone; two names' vectors are nearly orthogonal. */
export function direction(name: string, dimensions = 128): Float32Array {
  const numbers = gaussians(name, dimensions);
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (value) => value / length);
}

/** A unit vector at the given cosine from `base`, in a direction that the name chooses. */
export function near(base: Float32Array, cosine: number, name: string): Float32Array {
  const other = direction(`near/${name}`, base.length);
  const along = base.reduce((sum, value, i) => sum + value * other[i]!, 0);
  const across = other.map((value, i) => value - along * base[i]!);
  const length = Math.hypot(...across);
  const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
  return base.map((value, i) => cosine * value + (sine * across[i]!) / length);
}

/** The mean of faces, a unit vector: as alike to each as one vector can be. A picture blended of them has another one. */
export function meanOf(...faces: Float32Array[]): Float32Array {
  const sum = faces[0]!.map((_, i) => faces.reduce((total, face) => total + face[i]!, 0));
  return sum.map((value) => value / Math.hypot(...sum));
}

export interface FaceScript {
  quality?: Partial<QualityMeasures>;
  embeddings?: Record<string, Float32Array>;
  /** Live probability; without it the face was not judged. */
  live?: number;
  /** Distance of the color channels; a colored picture unless given. */
  color?: number;
  box?: { x: number; y: number; width: number; height: number };
  motion?: MotionSample;
  /** Widths of further faces. */
  others?: number[];
  pixelHash?: string;
}

export function analysisOf(name: string, script: FaceScript = {}): Analysis {
  const box = script.box ?? { x: 220, y: 140, width: 200, height: 220 };
  const quality = { ...goodQuality, ...script.quality };
  const face: AnalyzedFace = {
    box,
    detection: 0.99,
    presence: 0.99,
    quality,
    embeddings: script.embeddings ?? {},
    motion: script.motion ?? { pose: quality.pose, mesh: new Float32Array(1404), eyesOpen: quality.eyesOpen },
    ...(script.live === undefined
      ? {}
      : { pad: { set: 'pad-pair', live: script.live, color: script.color ?? 0.2, moire: 0.1 } }),
  };
  const others = (script.others ?? []).map((width) => ({
    box: { x: 0, y: 0, width, height: width },
    detection: 0.9,
    presence: 0.9,
  }));
  return {
    picture: { width: 640, height: 480, format: 'jpeg' },
    faces: [face, ...others].toSorted((a, b) => b.box.width - a.box.width),
    face,
    pixelHash: script.pixelHash ?? createHash('sha256').update(name).digest('hex'),
    timing: { decode: 2, detect: 3, landmarks: 6, embed: 5, pad: 2, total: 18, queued: 0 },
  };
}

export function emptyAnalysis(name: string): Analysis {
  const { face: _, ...rest } = analysisOf(name);
  return { ...rest, faces: [] };
}

/** Pictures are their names as bytes; what each shows is scripted. Answers only with the models that were asked for. */
export interface ScriptedAnalyzer extends FaceAnalyzer {
  show(name: string, analysis: Analysis): Uint8Array;
}

/** What stands for the JPEG of a face: its name, long enough to be searched for. */
export const portraitOf = (picture: Uint8Array): Uint8Array =>
  new TextEncoder().encode(`portrait of ${new TextDecoder().decode(picture)} `.repeat(20));

export function createScriptedAnalyzer(): ScriptedAnalyzer {
  const shown = new Map<string, Analysis>();
  return {
    show(name, analysis) {
      shown.set(name, analysis);
      return new TextEncoder().encode(name);
    },
    async analyze(picture, { embedders, pad, portrait }) {
      const analysis = shown.get(new TextDecoder().decode(picture));
      if (!analysis) throw new Problem('IMAGE_UNREADABLE', 'The picture cannot be read.');
      if (!analysis.face) return analysis;
      const { pad: score, ...face } = analysis.face;
      const embeddings = Object.fromEntries(
        Object.entries(face.embeddings).filter(([embedder]) => embedders.includes(embedder)),
      );
      return {
        ...analysis,
        face: { ...face, embeddings, ...(pad && score ? { pad: score } : {}) },
        ...(portrait && { portrait: portraitOf(picture) }),
      };
    },
  };
}

/** Numbers of a normal distribution (Box-Muller over a hash chain), the same for a name every time. */
function gaussians(name: string, count: number): number[] {
  const numbers: number[] = [];
  for (let block = 0; numbers.length < count; block++) {
    const bytes = createHash('sha512').update(`${name}/${block}`).digest();
    for (let i = 0; i + 8 <= bytes.length && numbers.length < count; i += 8) {
      const u = (bytes.readUInt32LE(i) + 1) / 2 ** 32;
      const v = bytes.readUInt32LE(i + 4) / 2 ** 32;
      numbers.push(Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v));
    }
  }
  return numbers;
}
