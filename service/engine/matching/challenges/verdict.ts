import type { Analysis, MotionSample } from '../../../inference/face.ts';
import type { PadSetEntry, ScorerEntry } from '../../../inference/models/manifest.ts';
import { meanDirection } from '../../../lib/vectors.ts';
import type { Frame } from '../checks/check.ts';
import { faceQuality } from '../checks/face-quality.ts';
import { MOTIONLESS, motionIndex } from '../checks/motion-index.ts';
import { sameFace } from '../same-face.ts';
import type { Embeddings } from '../score.ts';
import type { DrawnChallenge } from './draw-challenge.ts';
import { type ChallengeReason, type Evidence, round } from './evidence.ts';
import { judgeRepeats } from './movements/repeats.ts';
import type { Trace } from './movements/trace.ts';
import { type IdentityFrame, isNeutral } from './seen-frame.ts';
import { judgeEvidence, type Weights } from './weighing/weigh.ts';
import shipped from './weighing/weights.json' with { type: 'json' };

/** Models that the attempt's frames are analyzed with. */
export interface ChallengeModels {
  scorers: readonly ScorerEntry[];
  pad?: PadSetEntry;
  /** Those that were fitted for the box unless given. */
  weights?: Weights;
}

export interface Collected {
  looks: readonly IdentityFrame[];
  motion: readonly { at: number; sample: MotionSample }[];
  trace: Trace;
  /** Of the finished steps. */
  steps: readonly Evidence[];
}

export interface Verdict {
  evidence: Evidence[];
  reasons: ChallengeReason[];
  identity?: ChallengeIdentity;
}

/** Frames with embeddings that a decision needs. */
const FEWEST_LOOKS = 3;

/** What the frames of all steps say together. */
export function judgeAttempt(
  { steps, looks, motion, trace }: Collected,
  drawn: DrawnChallenge,
  { scorers, pad, weights = shipped }: ChallengeModels,
): Verdict {
  const reasons: ChallengeReason[] = [];
  const evidence = [...steps];
  const presentation = judgePresentation(
    looks.map(({ analysis }) => analysis),
    motion,
    { pad, strict: drawn.strict, moving: drawn.path.motion },
  );
  evidence.push(...presentation.evidence);
  const identity = identityOf(looks);
  const weighed = judgeEvidence(
    { steps, looks, identity, presentation: presentation.margin, strict: drawn.strict },
    scorers,
    weights,
  );
  if (weighed) {
    evidence.push(weighed.evidence);
    if (weighed.reason) reasons.push(weighed.reason);
  } else if (presentation.live === false) reasons.push('PRESENTATION');
  const movement = judgeRepeats(trace, drawn.repeats);
  evidence.push(movement);
  if (movement.passed === false) reasons.push('MOVEMENT_REPEATED');
  if (!identity || looks.length < FEWEST_LOOKS || (pad && presentation.live === undefined)) {
    reasons.push('TOO_LITTLE_SEEN');
    return { evidence, reasons };
  }
  const continuity = judgeContinuity(looks, identity, scorers);
  evidence.push(continuity);
  if (!continuity.passed) reasons.push('ANOTHER_FACE');
  return { evidence, reasons, identity };
}

/** Weight of the motion index beside the mean logit (LIVENESS.md §4b). */
const MOTION_WEIGHT = 2;
/** Motion never speaks for a person by more than this, the median of living faces: a shaken picture moves more. */
const MOST_CREDIT = 0.31;
/** Milliseconds and frames from which motion is judged. */
const SHORTEST_SPAN = 3000;
const FEWEST_SAMPLES = 5;
/** Frames that presentation attack detection needs. */
const FEWEST_SCORES = 3;
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
  if (!pad || scores.length < FEWEST_SCORES) return { evidence: motionEvidence };
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
        // Where turns were asked for it is weighed with them (weighing/weigh.ts).
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

/** Degrees: identity is not judged on faces turned farther (LIVENESS.md §3). */
const LARGEST_YAW = 30;
/** Neighbours are compared strictly, so they lie near each other in time (ms) and pose (degrees). */
const NEIGHBOURS = 1000;
const SAME_POSE = 8;

/** For the match: what the neutral frames say of who it is. */
export interface ChallengeIdentity {
  /** Mean direction over the neutral frames, by embedder. */
  embeddings: Embeddings;
  /** The best of them. */
  analysis: Analysis;
  /** All frames with embeddings, in their order: for the checks of a verification. */
  frames: (Frame & { at: number })[];
}

function identityOf(looks: readonly IdentityFrame[]): ChallengeIdentity | undefined {
  const neutral = looks.filter(({ face }) => isNeutral(face.motion));
  const [best] = neutral.toSorted((a, b) => quality(b) - quality(a));
  if (!best) return undefined;
  const embeddings = Object.fromEntries(
    Object.keys(best.face.embeddings).map((model) => [
      model,
      meanDirection(neutral.flatMap(({ face }) => face.embeddings[model] ?? [])),
    ]),
  );
  return {
    embeddings,
    analysis: best.analysis,
    frames: looks.map(({ at, analysis }) => ({ at, analysis })),
  };
}

const quality = ({ analysis }: IdentityFrame): number => faceQuality(analysis, { pad: true }).score;

/** One and the same face in all looks (LIVENESS.md §3). */
function judgeContinuity(
  looks: readonly IdentityFrame[],
  { analysis: { face: main } }: Pick<ChallengeIdentity, 'analysis'>,
  scorers: readonly ScorerEntry[],
): Evidence {
  const judged = looks.filter(({ face }) => Math.abs(face.motion.pose.yaw) <= LARGEST_YAW);
  const pairs = judged
    .slice(1)
    .map((later, i) => [judged[i]!, later] as const)
    .filter(
      ([a, b]) =>
        b.at - a.at <= NEIGHBOURS &&
        Math.abs(b.face.motion.pose.yaw - a.face.motion.pose.yaw) <= SAME_POSE &&
        Math.abs(b.face.motion.pose.pitch - a.face.motion.pose.pitch) <= SAME_POSE,
    )
    .map(([a, b]) => [a.face, b.face] as const);
  const { same, doubtful, details } = sameFace(
    main!,
    judged.map(({ face }) => face),
    pairs,
    scorers,
  );
  return {
    kind: 'continuity',
    passed: same,
    strength: same ? (doubtful ? 0.6 : 1) : 0,
    maturity: 'experimental',
    details: { ...details, doubtful, frames: judged.length },
  };
}
