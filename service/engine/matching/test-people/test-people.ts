import { createHash, randomBytes } from 'node:crypto';
import type { Analysis, AnalysisRequest, AnalyzedFace, Face } from '../../../inference/face.ts';
import type { FaceAnalyzer } from '../../../inference/workers/face-analyzer.ts';
import { type TestOutcome, testOutcomes } from '../../../lib/test-outcome.ts';
import drawn from './pictures.json' with { type: 'json' };

/** The drawn picture (JPEG) of each outcome: test/support/test-people.ts draws them. */
const pictures = new Map<TestOutcome, Uint8Array>(
  testOutcomes.map((outcome) => [outcome, new Uint8Array(Buffer.from(drawn[outcome], 'base64'))]),
);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const byHash = new Map([...pictures].map(([outcome, bytes]) => [hashOf(bytes), outcome]));

export const testPicture = (outcome: TestOutcome): Uint8Array => pictures.get(outcome)!;

/** The outcome that these very bytes stand for; another encoding of the picture is an ordinary picture. */
export const outcomeOfPicture = (bytes: Uint8Array): TestOutcome | undefined => byHash.get(hashOf(bytes));

/**
 * The analyzer, before which the drawn pictures are test people: in the test world they are answered without a model, as faces that any
 * check accepts. Everywhere else they are pictures like any other. `dimensionsOf`: of an embedder.
 */
export const withTestPeople = (
  analyzer: FaceAnalyzer,
  dimensionsOf: (embedder: string) => number,
): FaceAnalyzer => ({
  async analyze(picture, request) {
    const outcome = request.share?.world === 'test' ? outcomeOfPicture(picture) : undefined;
    return outcome === undefined
      ? analyzer.analyze(picture, request)
      : testAnalysis(outcome, { picture, request, dimensionsOf });
  },
});

const box = { x: 130, y: 150, width: 220, height: 260 };
const face: Face = { box, detection: 0.99, presence: 0.99 };
const pose = { yaw: 0, pitch: 0, roll: 0 };
const EYES_OPEN = 0.3;

function testAnalysis(
  outcome: TestOutcome,
  {
    picture,
    request: { embedders, pad, portrait, deadline: _ },
    dimensionsOf,
  }: {
    picture: Uint8Array;
    request: AnalysisRequest;
    dimensionsOf(embedder: string): number;
  },
): Analysis {
  // A stranger each time; all others are one person.
  const name = outcome === 'not-matched' ? randomBytes(16).toString('hex') : 'test person';
  const analyzed: AnalyzedFace = {
    ...face,
    quality: {
      interEyeDistance: 110,
      sharpness: 60,
      luminance: 0.5,
      overExposure: 0,
      underExposure: 0,
      pose,
      eyesOpen: EYES_OPEN,
      margin: 0.5,
      frameShare: 0.45,
    },
    embeddings: Object.fromEntries(
      embedders.map((embedder) => [embedder, direction(`${embedder}/${name}`, dimensionsOf(embedder))]),
    ),
    motion: { pose, mesh: new Float32Array(468 * 3), eyesOpen: EYES_OPEN },
    ...(pad !== undefined && {
      pad: { set: pad, live: outcome === 'refused-by-liveness' ? 0.01 : 0.99, color: 0.2, moire: 0 },
    }),
  };
  return {
    picture: { width: 480, height: 640, format: 'jpeg' },
    faces: outcome === 'two-faces' ? [analyzed, face] : [analyzed],
    face: analyzed,
    ...(portrait && { portrait: picture }),
    pixelHash: hashOf(picture),
    timing: { decode: 0, detect: 0, landmarks: 0, embed: 0, pad: 0, total: 0, queued: 0 },
    testOutcome: outcome,
  };
}

/** A unit vector that depends on the name alone; those of two names are nearly at right angles. */
function direction(name: string, dimensions: number): Float32Array {
  const numbers: number[] = [];
  for (let block = 0; numbers.length < dimensions; block++) {
    const bytes = createHash('sha512').update(`${name}/${block}`).digest();
    for (let at = 0; at < bytes.length && numbers.length < dimensions; at += 4)
      numbers.push(bytes.readInt32LE(at) / 2 ** 31);
  }
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (value) => value / length);
}
