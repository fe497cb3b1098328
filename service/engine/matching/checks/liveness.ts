import { z } from 'zod';
import type { Analysis } from '../../../inference/face.ts';
import type { PadSetEntry } from '../../../inference/models/manifest.ts';
import { defined } from '../../../lib/defined.ts';
import {
  type Check,
  type Finding,
  type Frame,
  type FrameEvidence,
  type PictureInputs,
  type Rule,
  rule,
} from './check.ts';
import { timedFaces } from './frame-consistency.ts';
import { MOTIONLESS, type Motion, motionIndex } from './motion-index.ts';
import { personMessages } from './person-messages.ts';
import { skipReasons } from './skip-reasons.ts';

/** Weight of the motion index beside the mean margin (LIVENESS.md §4b, “Frames”). */
const MOTION_WEIGHT = 2;
/** Milliseconds between first and last frame, and frames, from which motion is judged. */
const SHORTEST_SPAN = 3000;
const FEWEST_FRAMES = 5;
/** Probabilities nearer to 0 or 1 than this carry no more evidence. */
const CLOSEST = 1e-7;
/** On the scale `apcer5`: halves the margin's distance from the threshold, so that the score does not saturate at once. */
const SLOPE = 0.5;
export const LivenessScale = z
  .enum(['live', 'apcer5'])
  .describe(
    "Meaning of a liveness score of 0.5: `live`, the 0.5 of the calibrated score; `apcer5`, the PAD set's APCER-5 % threshold, which is stricter. Absent, as in profiles of earlier releases: `apcer5`.",
  );
export type LivenessScale = z.infer<typeof LivenessScale>;

/**
 * Passive presentation attack detection: the mean margin of the main picture and the frames that count, plus the motion
 * index where those span three seconds. On the scale `live` the score is the calibrated live score; on `apcer5` it is 0.5 at
 * the PAD set's APCER-5 % threshold.
 */
export function liveness(
  main: Analysis,
  { counted, leftOut, note }: FrameEvidence,
  pad: PadSetEntry | undefined,
  scale: LivenessScale,
): Finding {
  const motion = motionOf(counted);
  const motionLayer = motion && {
    layer: 'motion',
    maturity: 'experimental',
    index: round(motion.index),
    motionless: motion.index < MOTIONLESS,
    frames: motion.frames,
    note: 'A low index alone does not refuse: people sit still. It does not detect a replayed video.',
  };
  if (pad === undefined || main.face?.pad === undefined) {
    return {
      skipped: skipReasons.NO_ATTACK_DETECTION,
      ...(motionLayer ? { details: { layers: [motionLayer] } } : {}),
    };
  }
  // The main picture's own copy has its place in time, but is no second look.
  const looks = counted.filter(({ analysis }) => analysis.pixelHash !== main.pixelHash);
  const scores = [main, ...looks.map(({ analysis }) => analysis)].flatMap(({ face }) => face?.pad ?? []);
  const logits = scores.map(({ live }) => logit(live));
  const still = logits.reduce((sum, value) => sum + value, 0) / logits.length;
  const { apcer5, half } = pad.thresholds;
  const point = scale === 'live' ? (half ?? apcer5) : apcer5;
  const combined = still + (motion ? MOTION_WEIGHT * motion.index : 0);
  const score = scale === 'live' ? sigmoid(combined) : sigmoid(SLOPE * (combined - logit(apcer5.score)));
  const framesGiven = looks.length + Object.values(leftOut).reduce((sum, count) => sum + count, 0);
  const details = {
    thresholdScore: scale === 'live' ? point.score : 0.5,
    ...(framesGiven > 0 ? { frames: { counted: looks.length, leftOut, ...defined({ note }) } } : {}),
    layers: [
      {
        layer: 'pad',
        set: pad.id,
        maturity: pad.maturity,
        frames: scores.length,
        live: round(sigmoid(still)),
        threshold: point.score,
        apcer: point.apcer,
        bpcer: point.bpcer,
        ...defined({ worstSpecies: point.worst }),
        note: 'apcer and bpcer hold at this threshold, on single pictures of one data set; other cameras differ. Passive detection is a risk signal, not proof of life.',
      },
      ...(motionLayer ? [motionLayer] : []),
      {
        layer: 'moire',
        maturity: 'experimental',
        counts: false,
        signal: round(scores.reduce((sum, { moire }) => sum + moire, 0) / scores.length),
        note: 'Responds to cameras rather than attacks; for information only.',
      },
    ],
  };
  return { score, reason: personMessages.LOOKS_LIKE_PICTURE, details };
}

function motionOf(frames: readonly Frame[]): Motion | undefined {
  const timed = timedFaces(frames);
  const first = timed[0];
  const last = timed.at(-1);
  if (!first || !last || timed.length < FEWEST_FRAMES || last.at - first.at < SHORTEST_SPAN) return undefined;
  return motionIndex(timed.map(({ face }) => face.motion));
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

function logit(probability: number): number {
  const p = Math.min(1 - CLOSEST, Math.max(CLOSEST, probability));
  return Math.log(p / (1 - p));
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** Part of the threshold below which a failed liveness check is sure; up to the threshold a person may decide. */
const SURE = 0.5;

/** Failed, and not by much: measured shares of living people and of attacks are in LIVENESS.md. */
export const isUndecidedLiveness = (
  { check, pass, score }: { check: string; pass: boolean; score: number },
  { threshold }: Pick<Rule, 'threshold'>,
): boolean => check === 'liveness' && !pass && score >= SURE * threshold;

export const livenessCheck = {
  name: 'liveness',
  defaultRule: rule(6, 0.5, true),
  sentence: personMessages.TAKE_A_NEW_PICTURE,
  sentenceFirst: true,
  disclosure: 'coarse',
  failure: 'attack',
  modelSettings: { livenessScale: LivenessScale.optional() },
  run: (
    { main, evidence, plan }: Pick<PictureInputs, 'main' | 'evidence' | 'plan'>,
    { models: { livenessScale = 'apcer5' } }: { models: { livenessScale?: LivenessScale | undefined } },
  ) => liveness(main, evidence, plan.pad, livenessScale),
} as const satisfies Check;
