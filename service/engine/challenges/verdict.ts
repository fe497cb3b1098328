import type { MotionSample } from '../../inference/face.ts';
import type { PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import type { DrawnChallenge } from './draw-challenge.ts';
import type { ChallengeReason, Evidence } from './evidence.ts';
import { type ChallengeIdentity, type IdentityLook, identityOf, judgeContinuity } from './identity.ts';
import { judgeRepeats } from './movements/judge-repeats.ts';
import type { Trace } from './movements/trace.ts';
import { judgePresentation } from './presentation.ts';
import { judgeEvidence } from './weighing/judge-evidence.ts';
import type { Weights } from './weighing/weigh.ts';
import shipped from './weighing/weights.json' with { type: 'json' };

/** Models that the attempt's frames are analyzed with. */
export interface ChallengeModels {
  scorers: readonly ScorerEntry[];
  pad?: PadSetEntry;
  /** Those that were fitted for the box unless given. */
  weights?: Weights;
}

export interface Collected {
  looks: readonly IdentityLook[];
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
