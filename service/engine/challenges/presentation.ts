import type { Analysis, MotionSample } from '../../inference/face.ts';
import type { PadSetEntry } from '../../inference/models/manifest.ts';
import { MOTIONLESS, motionIndex } from '../checks/index.ts';
import { type Evidence, round } from './evidence.ts';

/** Weight of the motion index beside the mean logit (LIVENESS.md §4b). */
const MOTION_WEIGHT = 2;
/** Motion never speaks for a person by more than this, the median of living faces: a shaken picture moves more. */
const MOST_CREDIT = 0.31;
/** Milliseconds and frames from which motion is judged. */
const SHORTEST_SPAN = 3000;
const FEWEST_SAMPLES = 5;
/** Frames that presentation attack detection needs. */
const FEWEST_LOOKS = 3;
const CLOSEST = 1e-7;

export interface PresentationFinding {
  evidence: Evidence[];
  /** Undefined where no model is installed or too few frames were judged. */
  live?: boolean;
  /** Log odds of a living person above those of the threshold; absent with `live`. */
  margin?: number;
}

/**
 * Passive detection over the frames of the attempt: mean logit and motion index. Where head movements were asked for, motion counts
 * against a photograph and never for one, because it was asked for.
 */
export function judgePresentation(
  looks: readonly Analysis[],
  motion: readonly { at: number; sample: MotionSample }[],
  rules: { pad: PadSetEntry | undefined; strict: boolean; moving: boolean },
): PresentationFinding {
  const index = motionOf(motion);
  const motionEvidence: Evidence[] =
    index === undefined
      ? []
      : [
          {
            kind: 'motion',
            maturity: 'experimental',
            details: { index: round(index), motionless: index < MOTIONLESS, samples: motion.length },
          },
        ];
  const scores = looks.flatMap(({ face }) => face?.pad ?? []);
  const { pad, strict, moving } = rules;
  if (!pad || scores.length < FEWEST_LOOKS) return { evidence: motionEvidence };
  const still = scores.reduce((sum, { live }) => sum + logit(live), 0) / scores.length;
  const credit = index === undefined ? 0 : Math.min(moving ? 0 : MOST_CREDIT, index);
  const combined = 1 / (1 + Math.exp(-(still + MOTION_WEIGHT * credit)));
  const { half, apcer5 } = pad.thresholds;
  const { score: threshold } = strict ? apcer5 : (half ?? apcer5);
  const live = combined >= threshold;
  return {
    live,
    margin: still + MOTION_WEIGHT * credit - logit(threshold),
    evidence: [
      {
        kind: 'pad',
        // Where turns were asked for it is weighed with them (weighing/judge-evidence.ts).
        ...(!moving && { passed: live }),
        strength: round(combined),
        maturity: 'experimental',
        details: { set: pad.id, live: round(combined), threshold, frames: scores.length },
      },
      ...motionEvidence,
    ],
  };
}

function motionOf(motion: readonly { at: number; sample: MotionSample }[]): number | undefined {
  const [first, last] = [motion[0], motion.at(-1)];
  if (!first || !last || motion.length < FEWEST_SAMPLES || last.at - first.at < SHORTEST_SPAN)
    return undefined;
  return motionIndex(motion.map(({ sample }) => sample))?.index;
}

function logit(probability: number): number {
  const p = Math.min(1 - CLOSEST, Math.max(CLOSEST, probability));
  return Math.log(p / (1 - p));
}
