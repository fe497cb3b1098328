import { z } from 'zod';
import type { Analysis, QualityMeasures } from '../../../inference/face.ts';
import type { ProblemCode } from '../../../lib/problem.ts';
import { type Check, type Finding, type PictureInputs, rule } from './check.ts';
import { personMessages } from './person-messages.ts';

/** Named after ISO/IEC 29794-5 where its components match; facePresent and faceMargin are ours. */
export const qualityComponents = [
  'facePresent',
  'singleFacePresent',
  'interEyeDistance',
  'headSize',
  'faceMargin',
  'headPose',
  'eyesOpen',
  'sharpness',
  'luminanceMean',
  'underExposurePrevention',
  'overExposurePrevention',
] as const;
export type QualityComponent = (typeof qualityComponents)[number];
/** What is no degree of quality: a picture that fails one cannot be judged, any other says nothing of it. */
export const qualityGates = ['uprightFace', 'lowerFaceVisible', 'humanFace'] as const;
export type QualityGate = (typeof qualityGates)[number];

interface QualityAdvice {
  component: QualityComponent | QualityGate;
  /** For programs. */
  code: string;
  /** For the person in front of the camera. */
  advice: string;
  /** The raw measure, in the units of `QualityMeasures`. */
  value: number;
  /** 0..1; from 0.5 on nothing is advised. */
  score: number;
}

/** Why a picture cannot be judged. */
type Unjudgeable = Extract<
  ProblemCode,
  'FACE_NOT_FOUND' | 'SEVERAL_FACES' | 'FACE_TOO_SMALL' | 'FACE_QUALITY_REFUSED'
>;

export interface QualityReport {
  components: QualityAdvice[];
  /** Geometric mean of the components, 0..1. */
  score: number;
  /** What cannot be judged at all, whatever the profile says. */
  unjudgeable?: QualityAdvice & { problem: Unjudgeable };
}

/** A second face at least this wide, relative to the first, makes it unclear who is meant. */
export const SECOND_FACE = 0.6;
/** Pixels between the eyes below which no embedding is worth anything. */
const SMALLEST_EYE_DISTANCE = 24;
/** Eye distance in embedder A's chip; a larger one does not improve it. */
const ENOUGH_EYE_DISTANCE = 52;
/** Largest share of the frame's width: up to it the narrowest PAD crop, 0.75 of the picture, still holds the face box that the nets use. */
const LARGEST_SHARE_FOR_PAD = 0.75;
/** Face widths between face and edge of the picture. */
const SMALLEST_MARGIN_FOR_PAD = 0.05;
/** A component counts at least this much in the mean, so that one bad one does not hide the others. */
const FLOOR = 0.05;
const ADVISED_BELOW = 0.5;

/** Linear from 0 at `poor` to 1 at `good`, either way round. */
const between = (value: number, poor: number, good: number) =>
  Math.min(1, Math.max(0, (value - poor) / (good - poor)));

const largest = ({ yaw, pitch, roll }: QualityMeasures['pose']) =>
  Math.max(Math.abs(yaw), Math.abs(pitch), Math.abs(roll));

/**
 * Sharpness of the face were it lit to half, below which less than half of genuine pictures match: 77 of 165 blurred LFW pictures, 2026-11-26
 * (docs/MODELS.md, "What cannot be judged").
 */
const LEAST_SHARPNESS = 1.5;
/** Mean luminance from which on more than half match. */
const LEAST_LUMINANCE = 0.03;
/** Share of the face in pure white above which less than half match. */
const MOST_OVER_EXPOSURE = 0.7;

/** Measures whose limits are our choice: below 0.5 the person gets advice. */
const judges: Record<
  Exclude<QualityComponent, 'facePresent' | 'singleFacePresent'>,
  (q: QualityMeasures) => Omit<QualityAdvice, 'component'>
> = {
  interEyeDistance: ({ interEyeDistance: value }) => ({
    value,
    score: between(value, SMALLEST_EYE_DISTANCE, ENOUGH_EYE_DISTANCE),
    code: 'TOO_FAR',
    advice: personMessages.TOO_FAR,
  }),
  headSize: ({ frameShare: value }) => ({
    value,
    score: between(value, 0.9, 0.6),
    code: 'TOO_CLOSE',
    advice: personMessages.TOO_CLOSE,
  }),
  faceMargin: ({ margin: value }) => ({
    value,
    score: between(value, 0, 0.2),
    code: 'NO_MARGIN',
    advice: personMessages.NO_MARGIN,
  }),
  headPose: ({ pose }) => ({
    value: largest(pose),
    score: Math.min(
      between(Math.abs(pose.yaw), 40, 10),
      between(Math.abs(pose.pitch), 45, 15),
      between(Math.abs(pose.roll), 50, 10),
    ),
    code: 'NOT_FRONTAL',
    advice: personMessages.NOT_FRONTAL,
  }),
  eyesOpen: ({ eyesOpen: value }) => ({
    value,
    score: between(value, 0.05, 0.25),
    code: 'EYES_CLOSED',
    advice: personMessages.EYES_CLOSED,
  }),
  sharpness: ({ sharpness: value }) => ({
    value,
    score: between(value, 0, 40),
    code: 'BLURRED',
    advice: personMessages.BLURRED,
  }),
  luminanceMean: ({ luminance: value }) => ({
    value,
    score: Math.min(between(value, 0.05, 0.25), between(value, 0.95, 0.75)),
    ...(value < 0.5
      ? { code: 'TOO_DARK', advice: personMessages.TOO_DARK }
      : { code: 'TOO_BRIGHT', advice: personMessages.TOO_BRIGHT }),
  }),
  underExposurePrevention: ({ underExposure: value }) => ({
    value,
    score: between(value, 0.5, 0.1),
    code: 'UNDER_EXPOSED',
    advice: personMessages.UNDER_EXPOSED,
  }),
  overExposurePrevention: ({ overExposure: value }) => ({
    value,
    score: between(value, 0.2, 0),
    code: 'OVER_EXPOSED',
    advice: personMessages.OVER_EXPOSED,
  }),
};

/** Judges the picture; `pad` when presentation attack detection runs on it and so needs room around the face. */
export function faceQuality(analysis: Analysis, { pad }: { pad: boolean }): QualityReport {
  const { faces, face } = analysis;
  const present: QualityAdvice = {
    component: 'facePresent',
    value: faces.length,
    score: face ? 1 : 0,
    code: 'FACE_NOT_FOUND',
    advice: personMessages.FACE_NOT_FOUND,
  };
  if (face === undefined)
    return { components: [present], score: 0, unjudgeable: { ...present, problem: 'FACE_NOT_FOUND' } };
  const second = secondFaceShare(analysis);
  const single: QualityAdvice = {
    component: 'singleFacePresent',
    value: second,
    score: second >= SECOND_FACE ? 0 : 1,
    code: 'SEVERAL_FACES',
    advice: personMessages.SEVERAL_FACES,
  };
  const judged = Object.entries(judges).map(([component, judge]) => ({
    component: component as QualityComponent,
    ...judge(face.quality),
  }));
  const components = [present, single, ...judged];
  const logs = components.map(({ score }) => Math.log(Math.max(FLOOR, score)));
  const score = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  const named = (name: QualityComponent, problem: Unjudgeable) => ({
    ...components.find(({ component }) => component === name)!,
    problem,
  });
  const report = { components, score };
  if (second >= SECOND_FACE) return { ...report, unjudgeable: named('singleFacePresent', 'SEVERAL_FACES') };
  if (!(face.quality.interEyeDistance >= SMALLEST_EYE_DISTANCE))
    return { ...report, unjudgeable: named('interEyeDistance', 'FACE_TOO_SMALL') };
  const fault = worthlessBy(face.quality);
  if (fault) return { ...report, unjudgeable: named(fault, 'FACE_QUALITY_REFUSED') };
  const gate = failedGate(face.quality);
  if (gate)
    return {
      components: [...components, gate],
      score,
      unjudgeable: { ...gate, problem: 'FACE_QUALITY_REFUSED' },
    };
  if (pad && !(face.quality.frameShare <= LARGEST_SHARE_FOR_PAD))
    return { ...report, unjudgeable: named('headSize', 'FACE_QUALITY_REFUSED') };
  if (pad && !(face.quality.margin >= SMALLEST_MARGIN_FOR_PAD))
    return { ...report, unjudgeable: named('faceMargin', 'FACE_QUALITY_REFUSED') };
  return report;
}

/** So dark, bright or blurred that most genuine pictures do not match. */
function worthlessBy({ sharpness, luminance, overExposure }: QualityMeasures): QualityComponent | undefined {
  if (!(luminance >= LEAST_LUMINANCE)) return 'luminanceMean';
  if (!(overExposure <= MOST_OVER_EXPOSURE)) return 'overExposurePrevention';
  if (!(sharpness >= LEAST_SHARPNESS * (luminance / 0.5) ** 2)) return 'sharpness';
  return undefined;
}

/** Faces whose embeddings resemble one another more than their owners, and what is no person. */
function failedGate({
  uprightness = 0,
  lowerFace = 1,
  person = 0,
}: QualityMeasures): QualityAdvice | undefined {
  if (!(uprightness >= 0))
    return {
      component: 'uprightFace',
      value: uprightness,
      score: 0,
      code: 'UPSIDE_DOWN',
      advice: personMessages.UPSIDE_DOWN,
    };
  if (!(lowerFace >= 1))
    return {
      component: 'lowerFaceVisible',
      value: lowerFace,
      score: 0,
      code: 'FACE_COVERED',
      advice: personMessages.FACE_COVERED,
    };
  if (!(person >= 0))
    return {
      component: 'humanFace',
      value: person,
      score: 0,
      code: 'NOT_A_PERSON',
      advice: personMessages.NOT_A_PERSON,
    };
  return undefined;
}

/** The second-widest face over the widest, 0..1; 0 when there is one. */
export function secondFaceShare({ faces }: Analysis): number {
  const [first, second] = faces.map(({ box }) => box.width).toSorted((a, b) => b - a);
  return first !== undefined && second !== undefined ? second / first : 0;
}

/** What a person could do better, the worst first. */
export function adviceOf(report: QualityReport): QualityAdvice[] {
  return report.components.filter(({ score }) => score < ADVISED_BELOW).toSorted((a, b) => a.score - b.score);
}

/** The report as a check's finding, with the most pressing advice. */
export function qualityFinding(report: QualityReport): Finding {
  const advice = adviceOf(report);
  const components = report.components.map(({ component, score, value, code }) => ({
    component,
    score: round(score),
    value: round(value),
    ...(score < ADVISED_BELOW ? { code } : {}),
  }));
  const details = { standard: 'names after ISO/IEC 29794-5, limits our own', components };
  if (advice.length === 0) return { score: report.score, details };
  const sentences = advice.map((one) => one.advice);
  return { score: report.score, advice: sentences[0]!, details: { ...details, advice: sentences } };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

const RefuseQuality = z
  .array(z.string())
  .max(12)
  .describe('Advice of faceQuality that refuses the picture (FACE_QUALITY_REFUSED); empty in `default`.');

export const faceQualityCheck = {
  name: 'faceQuality',
  defaultRule: rule(0.5, 0),
  maturity: 'experimental',
  sentence: personMessages.NOT_CLEAR,
  disclosure: 'advice',
  settings: { refuseQuality: RefuseQuality },
  run: ({ main, plan }: PictureInputs) => qualityFinding(faceQuality(main, { pad: plan.pad !== undefined })),
} as const satisfies Check;

/**
 * Mean distance of the color channels, 0..1 (5 of 255): below it there is no color, only what encoding leaves of a black and
 * white picture. Colored faces begin at 0.069 (60 of Replay-Attack, 284 of LFW, 32 screen crops, 2026-11-20).
 */
const LEAST_COLOR = 0.02;

export const BLACK_AND_WHITE = personMessages.NO_COLOR;

/** Whether a picture that PAD ran on has no color: it cannot be judged, and is no attack for that. */
export const isBlackAndWhite = ({ face }: Analysis): boolean =>
  face?.pad?.color !== undefined && face.pad.color < LEAST_COLOR;
