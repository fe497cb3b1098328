import type { Analysis, AnalyzedFace, Box } from '../../../inference/face.ts';
import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import { defined } from '../../../lib/defined.ts';
import { sameFace } from '../same-face.ts';
import {
  type Check,
  type Finding,
  type Frame,
  type FrameEvidence,
  type JudgedFrames,
  type PictureInputs,
  type Rule,
  rule,
} from './check.ts';
import {
  BLACK_AND_WHITE,
  faceQuality,
  isBlackAndWhite,
  SECOND_FACE,
  secondFaceShare,
} from './face-quality.ts';
import { personMessages } from './person-messages.ts';
import { skipReasons } from './skip-reasons.ts';

/** Share of pictures that may show no face: a blink of the detector. */
const FACELESS = 1 / 3;
/** Share of frames that may show a face turned too far, or too small, to identify. */
const UNIDENTIFIABLE = 1 / 2;
const NOTED = 0.8;

/**
 * One and the same face in all pictures, no picture twice, rising times and plausible motion. The main picture counts as
 * one and may be among the frames once; a second face is one at least 60 % as wide as the first. Identity is judged on
 * faces turned up to 30°; without a frame that is fit for it and for PAD nothing is consistent. 1, or 0.8 with a doubt,
 * less the frames without a face.
 */
export function judgeFrames(
  main: Analysis,
  frames: readonly Frame[],
  scorers: readonly ScorerEntry[],
): JudgedFrames {
  const isCopy = ({ analysis }: Frame) => analysis.pixelHash === main.pixelHash;
  const others = frames.filter((frame) => !isCopy(frame));
  if (others.length === 0) {
    const skipped = skipReasons.ONE_PICTURE;
    return { finding: { skipped, missing: true }, counted: [], leftOut: {} };
  }
  const { fit, identifiable, unidentifiable, faceless, leftOut, advice } = sortFrames(others);
  const pictures = [main, ...others.map(({ analysis }) => analysis)];
  const details: Record<string, unknown> = {
    pictures: pictures.length,
    withoutFace: faceless.length,
    counted: fit.length,
    leftOut,
  };
  const judged = (finding: Finding): JudgedFrames => ({
    finding,
    counted: frames.filter((frame) => isCopy(frame) || fit.includes(frame)),
    leftOut,
  });
  const fail = (reason: string) => judged({ score: 0, reason, details });

  if (new Set(frames.map(({ analysis }) => analysis.pixelHash)).size < frames.length)
    return fail(personMessages.SENT_TWICE);
  if (!timesRise(frames)) return fail(personMessages.TIMES_DO_NOT_RISE);
  if (pictures.some((picture) => secondFaceShare(picture) >= SECOND_FACE))
    return fail(personMessages.SECOND_FACE);
  if (faceless.length > FACELESS * pictures.length) return fail(personMessages.FACE_MISSING);
  if (!main.face || !facesCamera(main.face)) return fail(personMessages.NOT_COMPARABLE);
  if (unidentifiable.length > UNIDENTIFIABLE * others.length) return fail(personMessages.TURNED_AWAY);
  const jump = farthestJump(frames);
  if (jump) {
    details.largestStep = round(jump.step);
    if (!jump.plausible) return fail(personMessages.MOVED_TOO_FAST);
  }
  if (fit.length === 0) return fail(noFitFrame(advice!));
  const faces = identifiable.flatMap(({ analysis }) => analysis.face ?? []);
  const pairs = neighbours(frames)
    .map(([a, b]) => [a.face, b.face] as const)
    .filter((pair) => pair.every((face) => faces.includes(face)));
  const identity = sameFace(main.face, faces, pairs, scorers);
  Object.assign(details, identity.details);
  if (!identity.same) return fail(personMessages.NOT_ONE_FACE);
  return judged({
    score: (identity.doubtful ? NOTED : 1) * (1 - faceless.length / pictures.length),
    details,
  });
}

/** `advice`: against the most frequent fault. */
export const noFitFrame = (advice: string) => `No frame shows the face well enough. ${advice}`;

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
    const [a, b] = [earlier.analysis.picture, later.analysis.picture];
    if (a.width !== b.width || a.height !== b.height) continue;
    const moved = movementBetween(earlier.face.box, later.face.box, later.at - earlier.at);
    step = Math.max(step ?? 0, moved.step);
    if (!moved.plausible) plausible = false;
  }
  return step === undefined ? undefined : { step, plausible };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** Frames that do not belong together are no evidence of life, whether the profile asks for the check or not. */
export function evidenceOf(
  { finding, counted, leftOut }: JudgedFrames,
  { threshold }: Pick<Rule, 'threshold'>,
): FrameEvidence {
  if ('skipped' in finding || (finding.score > 0 && finding.score >= threshold)) return { counted, leftOut };
  return {
    counted: [],
    leftOut: counted.length > 0 ? { ...leftOut, FRAMES_INCONSISTENT: counted.length } : leftOut,
    note: 'Judged on the main picture alone: the frames did not pass frameConsistency.',
  };
}

export const frameConsistencyCheck = {
  name: 'frameConsistency',
  defaultRule: rule(0.3, 0.5, true),
  maturity: 'experimental',
  sentence: personMessages.NOT_IN_ONE_GO,
  withoutInput: 'skip',
  failure: 'against-person',
  run: ({ judged }: PictureInputs) => judged.finding,
} as const satisfies Check;

/** Degrees: identity is not judged on faces turned farther (LIVENESS.md §3). */
const LARGEST_YAW = 30;

/** Why a frame cannot count as evidence of life. */
interface Fault {
  /** For programs: the codes of `QualityAdvice`. */
  code: string;
  /** For the person in front of the camera. */
  advice: string;
  /** The face can still be identified. */
  identifiable: boolean;
}

interface SortedFrames {
  /** Liveness and identity can be judged on them. */
  fit: Frame[];
  /** Identity can be judged on them: the fit ones, and close-ups. */
  identifiable: Frame[];
  /** With a face turned too far or too small to identify. */
  unidentifiable: Frame[];
  faceless: Frame[];
  /** Number of unusable frames, by the code of their fault. */
  leftOut: Record<string, number>;
  /** The most frequent fault; absent if all frames are usable. */
  advice?: string;
}

/** Sorts frames by what they are evidence of. The limits are those of a main picture that PAD runs on. */
function sortFrames(frames: readonly Frame[]): SortedFrames {
  const judged = frames.map((frame) => ({ frame, fault: faultOf(frame.analysis) }));
  const faults = judged.flatMap(({ fault }) => fault ?? []);
  const leftOut: Record<string, number> = {};
  for (const { code } of faults) leftOut[code] = (leftOut[code] ?? 0) + 1;
  const [commonest] = faults.toSorted((a, b) => leftOut[b.code]! - leftOut[a.code]!);
  const those = (wanted: (frame: Frame, fault: Fault | undefined) => boolean) =>
    judged.filter(({ frame, fault }) => wanted(frame, fault)).map(({ frame }) => frame);
  return {
    fit: those((_, fault) => fault === undefined),
    identifiable: those((_, fault) => fault?.identifiable ?? true),
    unidentifiable: those(({ analysis }, fault) => fault?.identifiable === false && !!analysis.face),
    faceless: those(({ analysis }) => !analysis.face),
    leftOut,
    ...defined({ advice: commonest?.advice }),
  };
}

/** Whether identity is judged on this face. */
function facesCamera({ quality }: AnalyzedFace): boolean {
  return Math.abs(quality.pose.yaw) <= LARGEST_YAW;
}

function faultOf(analysis: Analysis): Fault | undefined {
  if (analysis.face && !facesCamera(analysis.face))
    return { code: 'NOT_FRONTAL', advice: personMessages.NOT_FRONTAL, identifiable: false };
  const { unjudgeable } = faceQuality(analysis, { pad: true });
  if (unjudgeable === undefined) {
    if (!isBlackAndWhite(analysis)) return undefined;
    return { code: 'NO_COLOR', advice: BLACK_AND_WHITE, identifiable: true };
  }
  const { code, advice, problem } = unjudgeable;
  return { code, advice, identifiable: problem === 'FACE_QUALITY_REFUSED' };
}

/** Milliseconds: frames farther apart say nothing about each other. */
const NEIGHBOURS = 1000;

/** A frame with a time and a face. */
interface TimedFace {
  at: number;
  analysis: Analysis;
  face: AnalyzedFace;
}

export function timedFaces(frames: readonly Frame[]): TimedFace[] {
  return frames.flatMap(({ at, analysis }) =>
    at !== undefined && analysis.face ? [{ at, analysis, face: analysis.face }] : [],
  );
}

/** Timed frames with a face, each with the next one where that follows within a second. */
function neighbours(frames: readonly Frame[]): (readonly [TimedFace, TimedFace])[] {
  const timed = timedFaces(frames);
  return timed
    .slice(1)
    .map((later, i) => [timed[i]!, later] as const)
    .filter(([earlier, later]) => later.at - earlier.at <= NEIGHBOURS);
}

/** A face moves at most half its width in this many milliseconds, and boxes that near overlap at least so much. */
const STEP = 200;
const LARGEST_STEP = 0.5;
const SMALLEST_OVERLAP = 0.25;

interface Movement {
  /** Face widths per 200 ms; a shorter time counts as 200 ms. */
  step: number;
  /** A head can move like this. */
  plausible: boolean;
}

/** From one box to another `gap` milliseconds later, in pictures of one size. */
export function movementBetween(from: Box, to: Box, gap: number): Movement {
  const step = Math.hypot(...centreShift(from, to)) / from.width / Math.max(1, gap / STEP);
  const apart = gap <= STEP && overlap(from, to) < SMALLEST_OVERLAP;
  return { step, plausible: step <= LARGEST_STEP && !apart };
}

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
