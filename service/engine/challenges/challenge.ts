import type { Analysis, FollowedFace } from '../../inference/face.ts';
import { type GuidanceStep, guidanceOf } from '../captures/index.ts';
import { createCollection } from './collection.ts';
import type { DrawnChallenge } from './draw-challenge.ts';
import type { ChallengeReason } from './evidence.ts';
import { createFaceTrack, type TrackFinding } from './face-track.ts';
import { createFrameLog, type ObservedFrame } from './frame-log.ts';
import { type ChallengeResult, resultOf } from './outcome.ts';
import { isMeasured, type SeenFrame, seenFrame } from './seen-frame.ts';
import { createSettling } from './settling.ts';
import { createStepSequence, type RevealedStep } from './step-sequence.ts';
import type { StepName } from './steps/registered-steps.ts';
import { type ChallengeModels, judgeAttempt, type Verdict } from './verdict.ts';

export interface ChallengeProgress {
  state: 'running' | 'passed' | 'failed';
  /** Of the step, or of getting ready: 0..1. */
  progress: number;
  /** The step that this frame completed. */
  passed?: StepName;
  guidance?: { step: GuidanceStep | 'movement'; code: string };
  /** The first one, of a failed attempt. */
  reason?: ChallengeReason;
}

/** One attempt. Analyses of frames in, progress out; it keeps numbers, never pictures. */
export interface Challenge {
  /** `guiding`: until the face is well placed, no step is revealed. */
  readonly phase: 'guiding' | 'running' | 'over';
  /** The only step revealed so far; undefined while guiding and when over. */
  readonly step: RevealedStep | undefined;
  /** What the next frame needs: landmarks, or embedders and presentation attack detection too. */
  readonly needs: 'landmarks' | 'identity';
  /** Where its face is expected. */
  readonly follow: FollowedFace | undefined;
  observe(frame: ObservedFrame): ChallengeProgress;
  /** Before the end the reason is `UNFINISHED`, `NOT_SETTLED`, or `TIME_OVER` where no frame came for long; `now` is ours, ms. */
  result(now: number): ChallengeResult;
}

export function createChallenge(drawn: DrawnChallenge, models: ChallengeModels): Challenge {
  const log = createFrameLog();
  const track = createFaceTrack();
  const settling = createSettling();
  const sequence = createStepSequence(drawn);
  const collection = createCollection();
  let needs: Challenge['needs'] = 'landmarks';
  let over: { verdict: Verdict; progress: ChallengeProgress } | undefined;

  function end(verdict: Verdict): ChallengeProgress {
    over = { verdict, progress: lastProgress(verdict) };
    return over.progress;
  }
  const fail = (reason: ChallengeReason) => end({ evidence: [...sequence.evidence], reasons: [reason] });

  function settle(seen: SeenFrame, { at, receivedAt, analysis }: ObservedFrame): ChallengeProgress {
    const { progress, guidance, settled } = settling.observe(seen, analysis, models.pad !== undefined);
    if (settled && sequence.start({ at, receivedAt }, settled)) log.begin(at);
    return { state: 'running', progress, ...(guidance && { guidance }) };
  }

  function judgeStep(seen: SeenFrame, { at, receivedAt }: ObservedFrame): ChallengeProgress {
    const { index } = sequence.step!;
    const { reason, passed, there, progress, code } = sequence.observe(seen, {
      receivedAt,
      rate: log.rate(),
    });
    if (reason) return fail(reason);
    if (there) collection.reached(index, at);
    if (!passed) return { state: 'running', progress, guidance: movementGuidance(code) };
    if (!sequence.finished) return { state: 'running', progress: 0, passed };
    return { ...end(judgeAttempt({ ...collection, steps: sequence.evidence }, drawn, models)), passed };
  }

  /** A frame without exactly one face. Before the first step it is no fault: nothing has been asked for yet. */
  function withoutFace(found: Exclude<TrackFinding, { is: 'face' }>, analysis: Analysis): ChallengeProgress {
    needs = 'landmarks';
    if (sequence.step && found.is === 'fault') return fail(found.reason);
    if (!sequence.step) {
      track.reset();
      settling.reset();
      collection.clear();
    }
    return { state: 'running', progress: 0, ...guidanceFor(analysis, models) };
  }

  function observe(frame: ObservedFrame): ChallengeProgress {
    if (over) return over.progress;
    const { at, analysis } = frame;
    const added = log.add(frame);
    if (added === 'ignored') return { state: 'running', progress: 0 };
    if (added !== 'new') return fail(added);
    const found = track.observe(at, analysis);
    if (found.is !== 'face') return withoutFace(found, analysis);
    const seen = seenFrame(at, found.face);
    if (!isMeasured(seen)) return withoutFace({ is: 'none' }, analysis);
    collection.add(seen, analysis, found.fresh);
    const answer = sequence.step ? judgeStep(seen, frame) : settle(seen, frame);
    const identifiable = sequence.step !== undefined || settling.progress > 0;
    needs = identifiable && collection.needsIdentity(seen) ? 'identity' : 'landmarks';
    return answer;
  }

  return {
    get phase() {
      return over ? 'over' : sequence.step ? 'running' : 'guiding';
    },
    get step() {
      return over ? undefined : sequence.step;
    },
    get needs() {
      return needs;
    },
    get follow() {
      return track.follow;
    },
    observe,
    result: (now) => resultOf(over?.verdict, { drawn, log, sequence, collection, now }),
  };
}

const lastProgress = ({ reasons: [reason] }: Verdict): ChallengeProgress =>
  reason ? { state: 'failed', progress: 0, reason } : { state: 'passed', progress: 1 };

const movementGuidance = (code: string): NonNullable<ChallengeProgress['guidance']> =>
  code === 'MOVE_BACK' ? { step: 'distance', code: 'TOO_CLOSE' } : { step: 'movement', code };

function guidanceFor(analysis: Analysis, { pad }: ChallengeModels): Pick<ChallengeProgress, 'guidance'> {
  const { worst } = guidanceOf(analysis, { pad: pad !== undefined });
  return worst ? { guidance: { step: worst.step, code: worst.code } } : {};
}
