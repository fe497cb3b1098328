import type { Analysis, AnalyzedFace, Box } from '../../inference/face.ts';
import type { ScorerEntry } from '../../inference/manifest.ts';
import type { Finding } from './apply-rule.ts';
import { meanDirection } from './cosine-similarity.ts';
import { thresholdForFalseMatchRate } from './error-rate.ts';
import { SECOND_FACE, secondFaceShare } from './face-quality.ts';
import type { Frame } from './frame.ts';
import { compare, type Embeddings, scoreOf } from './score.ts';

/** Degrees: identity is not judged on faces turned farther. */
const LARGEST_YAW = 30;
/** Degrees: frames turned less are neutral. */
const NEUTRAL_YAW = 10;
/** Milliseconds: neighbours farther apart are compared with the neutral mean only. */
const NEIGHBOURS = 1000;
/** A face moves at most half its width in this many milliseconds, and boxes that near overlap at least so much. */
const STEP = 200;
const LARGEST_STEP = 0.5;
const SMALLEST_OVERLAP = 0.25;
/** Share of frames that may show no face: a blink of the detector. */
const FACELESS = 1 / 3;
const NOTED = 0.8;

interface Limits {
  /** Every frame against the mean of the other neutral ones. */
  same: number;
  /** Up to here one and the same is noted as doubtful. */
  sure: number;
  /** Neighbouring frames. */
  neighbours: number;
  from: string;
}

/**
 * One and the same face in all pictures, no picture twice, rising times and plausible motion. The main picture counts as
 * one; a second face is one at least 60 % as wide as the first. 1, or 0.8 with a doubt, less the frames without a face.
 */
export function frameConsistency(
  main: Analysis,
  frames: readonly Frame[],
  scorers: readonly ScorerEntry[],
): Finding {
  if (frames.length === 0) return { skipped: 'Two pictures or more are needed: send frames.' };
  const pictures = [main, ...frames.map(({ analysis }) => analysis)];
  const faceless = pictures.filter(({ face }) => !face).length;
  const details: Record<string, unknown> = { pictures: pictures.length, withoutFace: faceless };
  const fail = (reason: string): Finding => ({ score: 0, reason, details });

  if (new Set(pictures.map(({ pixelHash }) => pixelHash)).size < pictures.length)
    return fail('The same picture was sent twice.');
  if (!timesRise(frames)) return fail('The frame times do not rise.');
  if (pictures.some((picture) => secondFaceShare(picture) >= SECOND_FACE))
    return fail('A second face came into the picture.');
  if (faceless > FACELESS * pictures.length) return fail('The face is missing in too many frames.');
  const jump = farthestJump(frames);
  if (jump) {
    details.largestStep = round(jump.step);
    if (!jump.plausible) return fail('The face moved faster than a head can.');
  }
  const identity = sameFace(main, frames, scorers);
  Object.assign(details, identity.details);
  if (!identity.same) return fail('The frames do not show one and the same face.');
  return { score: (identity.doubtful ? NOTED : 1) * (1 - faceless / pictures.length), details };
}

function timesRise(frames: readonly Frame[]): boolean {
  return frames.every(
    ({ at }, i) => i === 0 || at === undefined || at > (frames[i - 1]!.at ?? Number.NEGATIVE_INFINITY),
  );
}

/** The largest movement between neighbouring timed frames, in face widths per 200 ms. */
function farthestJump(frames: readonly Frame[]): { step: number; plausible: boolean } | undefined {
  let step: number | undefined;
  let plausible = true;
  for (const [earlier, later] of neighbours(frames)) {
    const [a, b] = [earlier.analysis, later.analysis];
    if (a.picture.width !== b.picture.width || a.picture.height !== b.picture.height) continue;
    const gap = later.at - earlier.at;
    const way =
      Math.hypot(...centreShift(a.face!.box, b.face!.box)) / a.face!.box.width / Math.max(1, gap / STEP);
    step = Math.max(step ?? 0, way);
    if (way > LARGEST_STEP || (gap <= STEP && overlap(a.face!.box, b.face!.box) < SMALLEST_OVERLAP))
      plausible = false;
  }
  return step === undefined ? undefined : { step, plausible };
}

function sameFace(main: Analysis, frames: readonly Frame[], scorers: readonly ScorerEntry[]) {
  const faces = [main, ...frames.map(({ analysis }) => analysis)].flatMap(({ face }) => face ?? []);
  const frontal = faces.filter((face) => yawOf(face) <= LARGEST_YAW);
  const scorer = scorers.findLast(({ terms }) =>
    frontal.every(({ embeddings }) => terms.every(({ model }) => embeddings[model] !== undefined)),
  );
  if (frontal.length < 2 || !scorer)
    return { same: true, doubtful: true, details: { identity: 'Fewer than two frames face the camera.' } };
  const neutral = frontal.filter((face) => yawOf(face) <= NEUTRAL_YAW);
  const limits = limitsOf(scorer);
  const scores = frontal.flatMap((face) => {
    const others = neutral.filter((one) => one !== face);
    const rest = others.length > 0 ? others : frontal.filter((one) => one !== face);
    return scoreOf(scorer, meanEmbeddings(scorer, rest), face.embeddings) ?? [];
  });
  const steps = neighbours(frames)
    .filter(([a, b]) => yawOf(a.analysis.face!) <= LARGEST_YAW && yawOf(b.analysis.face!) <= LARGEST_YAW)
    .flatMap(
      ([a, b]) => compare([scorer], a.analysis.face!.embeddings, b.analysis.face!.embeddings)?.score ?? [],
    );
  const least = Math.min(...scores);
  const leastStep = steps.length > 0 ? Math.min(...steps) : undefined;
  return {
    same: least >= limits.same && (leastStep ?? limits.neighbours) >= limits.neighbours,
    doubtful: least < limits.sure,
    details: {
      scorer: scorer.id,
      least: round(least),
      limit: round(limits.same),
      limitFrom: limits.from,
      ...(leastStep === undefined
        ? {}
        : { leastOfNeighbours: round(leastStep), neighbourLimit: round(limits.neighbours) }),
    },
  };
}

/** Measured for the fused score; for another the thresholds of the same false-match rates (0.90 lies under 1e-3). */
function limitsOf(scorer: ScorerEntry): Limits {
  if (scorer.id === 'fused')
    return { same: 0.9, sure: 1.05, neighbours: 1.2, from: 'LIVENESS.md §3, fused score' };
  const at = (fmr: number) => thresholdForFalseMatchRate(scorer.calibration, fmr).threshold;
  return {
    same: at(1e-3),
    sure: at(1e-4),
    neighbours: at(1e-5),
    from: 'false-match rates 1e-3, 1e-4 and 1e-5',
  };
}

function neighbours(frames: readonly Frame[]) {
  const timed = frames.flatMap(({ at, analysis }) =>
    at !== undefined && analysis.face ? [{ at, analysis }] : [],
  );
  return timed
    .slice(1)
    .map((later, i) => [timed[i]!, later] as const)
    .filter(([earlier, later]) => later.at - earlier.at <= NEIGHBOURS);
}

/** Every face of `faces` has what the scorer needs. */
function meanEmbeddings({ terms }: ScorerEntry, faces: readonly AnalyzedFace[]): Embeddings {
  return Object.fromEntries(
    terms.map(({ model }) => [model, meanDirection(faces.map(({ embeddings }) => embeddings[model]!))]),
  );
}

const yawOf = ({ quality }: AnalyzedFace) => Math.abs(quality.pose.yaw);

const centreShift = (a: Box, b: Box): [number, number] => [
  b.x + b.width / 2 - a.x - a.width / 2,
  b.y + b.height / 2 - a.y - a.height / 2,
];

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}

const round = (value: number) => Math.round(value * 1000) / 1000;
