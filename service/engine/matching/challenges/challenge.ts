import type { Analysis, AnalysisRequest, FollowedFace, MotionSample } from '../../../inference/face.ts';
import { defined } from '../../../lib/defined.ts';
import { type GuidanceStep, guidanceOf } from '../captures/guidance.ts';
import type { Assurance, DrawnChallenge } from './draw-challenge.ts';
import { type ChallengeReason, type Evidence, round } from './evidence.ts';
import { createFrameLog, type FrameLog, type ObservedFrame } from './frame-log.ts';
import { packMovement } from './movements/repeats.ts';
import { type Moment, momentOf, type Trace } from './movements/trace.ts';
import {
  createFaceTrack,
  type IdentityFrame,
  isMeasured,
  isNeutral,
  type SeenFrame,
  seenFrame,
  type TrackFinding,
} from './seen-frame.ts';
import { createSettling, createStepSequence, type RevealedStep, type StepSequence } from './step-sequence.ts';
import type { StepName } from './steps/registered-steps.ts';
import { type ChallengeIdentity, type ChallengeModels, judgeAttempt, type Verdict } from './verdict.ts';

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
    // Before a step is asked for, nothing is lost with a frame that came late: the next one will do.
    if (added === 'ignored' || (added === 'late' && !sequence.step)) return { state: 'running', progress: 0 };
    if (added === 'late') return fail('FRAMES_LATE');
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
    result: (now) => resultOf(over?.verdict, { drawn, log, sequence, trace: collection.trace, now }),
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

/** What to ask the analyzer for the next frame; `deadline`, `signal` and `share` are the caller's. */
export function frameRequest(
  { needs, follow }: Pick<Challenge, 'needs' | 'follow'>,
  plan: { detector: string; embedders: readonly string[]; pad?: { id: string } },
): Pick<AnalysisRequest, 'detector' | 'embedders' | 'pad' | 'challenge' | 'follow'> {
  const identity = needs === 'identity';
  return {
    detector: plan.detector,
    challenge: true,
    embedders: identity ? plan.embedders : [],
    ...(identity && plan.pad && { pad: plan.pad.id }),
    ...(follow && { follow }),
  };
}

/** Milliseconds between two frames with embeddings. */
const LOOK_EVERY = 600;
/** Degrees: frames turned farther are not identified. */
const LARGEST_YAW = 30;
/** Frames with embeddings from which on they come at a fourth of the pace. */
const MANY_LOOKS = 30;
/** Milliseconds between two frames of the motion index, and how many are kept. */
const MOTION_EVERY = 150;
const MOST_MOTION = 80;
/** Frames whose movement is kept. */
const MOST_MOMENTS = 1200;

/** What the verdict over an attempt rests on: numbers of its frames. */
export function createCollection() {
  const looks: IdentityFrame[] = [];
  const motion: { at: number; sample: MotionSample }[] = [];
  const trace: { at: number[]; moments: Moment[] } = { at: [], moments: [] };
  const identified = new Set<number>();
  let unidentified = false;
  return {
    looks,
    motion,
    trace,
    /** `fresh`: the face was out of sight before. */
    add(seen: SeenFrame, analysis: Analysis, fresh: boolean): void {
      const { at } = seen;
      const { face } = analysis;
      if (!face) return;
      if (trace.at.length < MOST_MOMENTS) {
        trace.at.push(at);
        trace.moments.push(momentOf(seen));
      }
      if (Object.keys(face.embeddings).length > 0) {
        looks.push({ at, face, analysis: withoutTexture(analysis) });
        unidentified = false;
      } else if (fresh) unidentified = true;
      const due = at - (motion.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= MOTION_EVERY;
      if (isNeutral(seen) && due && motion.length < MOST_MOTION) motion.push({ at, sample: face.motion });
    },
    /** The asked pose of this step is there: it is identified once. */
    reached(step: number, at: number): void {
      if (identified.has(step)) return;
      if (looks.at(-1)?.at === at) identified.add(step);
      else unidentified = true;
    },
    /** Whether the next frame is to be identified. */
    needsIdentity({ at, pose }: SeenFrame): boolean {
      if (Math.abs(pose.yaw) > LARGEST_YAW) return false;
      const pace = looks.length < MANY_LOOKS ? LOOK_EVERY : 4 * LOOK_EVERY;
      return unidentified || at - (looks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= pace;
    },
    clear(): void {
      looks.length = 0;
      motion.length = 0;
    },
  };
}

/** Textures are large, and compared already. */
function withoutTexture(analysis: Analysis): Analysis {
  if (!analysis.face?.challenge) return analysis;
  const { challenge: _, ...face } = analysis.face;
  return { ...analysis, face };
}

export interface ChallengeResult {
  passed: boolean;
  /** Liveness score, 0..1: never sent to the page. */
  score: number;
  assurance: Assurance;
  evidence: Evidence[];
  reasons: ChallengeReason[];
  /** Whether it counts: a step was revealed, no frame came, or the page was changed. Else it has shown nothing of its draw to a person who tried. */
  spent: boolean;
  /** Steps passed. */
  completed: number;
  /** From the first step's reveal to the last frame, on the client's clock. */
  durationMs: number;
  /** Absent unless enough frames were identified. */
  identity?: ChallengeIdentity;
  /** Of every frame, in their order. */
  frameHashes: string[];
  /** How the face moved, packed, for comparisons with other attempts; absent where no face was seen. */
  movement?: Uint8Array;
}

/** Milliseconds without a frame after which the attempt is given up. */
const SILENCE = 10_000;

/** What a page sends only when it was changed, whatever the network does: such an attempt counts before a step was asked for too. */
const TAMPERED: ReadonlySet<ChallengeReason> = new Set(['TIMES_IMPLAUSIBLE', 'FRAMES_REPEATED']);

/** The result of an attempt: its verdict, or without one what was seen until now. */
function resultOf(
  verdict: Verdict | undefined,
  seen: { drawn: DrawnChallenge; log: FrameLog; sequence: StepSequence; trace: Trace; now: number },
): ChallengeResult {
  const { began, last, receivedAt } = seen.log.span;
  const asked = began !== undefined;
  const reasons = verdict
    ? [...verdict.reasons]
    : [unfinished({ asked, silent: seen.now - receivedAt > SILENCE })];
  const evidence = [...(verdict?.evidence ?? seen.sequence.evidence), ...seen.log.evidence()];
  const passed = reasons.length === 0;
  return {
    passed,
    score: scoreOf(passed, evidence),
    assurance: seen.drawn.assurance,
    evidence,
    reasons,
    spent: asked || receivedAt === 0 || reasons.some((reason) => TAMPERED.has(reason)),
    completed: evidence.filter(({ kind }) => kind.startsWith('step:')).length,
    durationMs: began === undefined ? 0 : Math.round(last - began),
    ...(verdict?.identity && { identity: verdict.identity }),
    frameHashes: seen.log.hashes(),
    ...defined({ movement: packMovement(seen.trace) }),
  };
}

function unfinished({ asked, silent }: { asked: boolean; silent: boolean }): ChallengeReason {
  if (asked) return silent ? 'TIME_OVER' : 'UNFINISHED';
  return silent ? 'UNFINISHED' : 'NOT_SETTLED';
}

/** Recorded only, and each lowers the score by so much. */
const SIGNAL = 0.1;

/** Liveness score, 0..1: the mean strength in the upper half when passed, in the lower half when not; signals lower it. */
export function scoreOf(passed: boolean, evidence: readonly Evidence[]): number {
  const strengths = evidence.flatMap(({ strength }) => strength ?? []);
  const mean = strengths.length === 0 ? 0 : strengths.reduce((sum, one) => sum + one, 0) / strengths.length;
  const signals = evidence.filter(
    ({ kind, details }) => kind === 'camera' && details.suspect === true,
  ).length;
  const half = Math.min(1, Math.max(0, mean - SIGNAL * signals)) / 2;
  return round(passed ? 0.5 + half : Math.min(0.49, half));
}
