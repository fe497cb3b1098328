import type { Analysis } from '../../../inference/face.ts';
import { type GuidanceStep, guidanceOf } from '../captures/guidance.ts';
import { faceQuality } from '../checks/face-quality.ts';
import type { DrawnChallenge, DrawnStep } from './draw-challenge.ts';
import { type ChallengeReason, type Evidence, round } from './evidence.ts';
import { measureTurn, type TurnMeasures, turnFinding, yawDisputed } from './head-shape.ts';
import { type Baseline, baselineOf, isNeutral, MOST_NEUTRAL, type SeenFrame } from './seen-frame.ts';
import { createStillness } from './steps/movements.ts';
import { type StepName, stepNamed } from './steps/registered-steps.ts';
import type { SeenBefore, Step, StepFinding } from './steps/step.ts';

/** The only step that the page learns. */
export interface RevealedStep extends DrawnStep {
  index: number;
  of: number;
}

/** The drawn steps, one revealed at a time. */
export type StepSequence = ReturnType<typeof createStepSequence>;

export function createStepSequence({ steps, strict }: DrawnChallenge) {
  const evidence: Evidence[] = [];
  const neutral: SeenFrame[] = [];
  let baseline: Baseline | undefined;
  let index = -1;
  let run: StepRun | undefined;
  let color: string | undefined;

  function reveal(moment: StepMoment): void {
    baseline = baselineOf(neutral) ?? baseline;
    index += 1;
    const next = steps[index];
    color = next?.color;
    run = next && baseline && createStepRun(next, { strict, baseline }, moment);
  }

  return {
    /** Undefined before the first and after the last. */
    get step(): RevealedStep | undefined {
      const drawn = run && steps[index];
      return drawn && { ...drawn, ...(color !== undefined && { color }), index, of: steps.length };
    },
    get finished(): boolean {
      return index >= steps.length;
    },
    /** Of the finished steps. */
    evidence,
    /** Reveals the first; false where the frames hold no neutral pose. */
    start(moment: StepMoment, frames: readonly SeenFrame[]): boolean {
      if (!baselineOf(frames)) return false;
      neutral.push(...frames);
      reveal(moment);
      return true;
    },
    /** A frame of the revealed step; when it is done, the next one is revealed. */
    observe(
      seen: SeenFrame,
      now: { receivedAt: number; rate: number | undefined },
    ): RunFinding & { passed?: StepName } {
      const drawn = steps[index]!;
      const active = run!;
      const finding = active.observe(seen, now);
      // holding still is what shows the neutral pose best
      if (stepNamed(drawn.name).rest && isNeutral(seen) && neutral.length < MOST_NEUTRAL) neutral.push(seen);
      if (finding.color) color = finding.color;
      if (finding.state !== 'done') return finding;
      evidence.push(...active.evidence());
      reveal({ at: seen.at, receivedAt: now.receivedAt });
      return { ...finding, passed: drawn.name };
    },
  };
}

/** Milliseconds of a well-placed, still face before the first step is revealed. */
const SETTLED = 800;
/** Milliseconds after which advice that does not prevent judging is given up. */
const PATIENCE = 3000;
/** The same for light and focus, whose faults PAD takes for an attack: a webcam in bad light stays one. */
const PATIENCE_FOR_LIGHT = 15_000;
/** Share of the frame's width and face widths to its edge: outside, frames are not judged. */
const [SMALLEST_SHARE, LARGEST_SHARE] = [0.15, 0.6];
const SMALLEST_MARGIN = 0.05;

/** Before the first step: until the face is well placed and still. */
export function createSettling() {
  const begin = () => createStillness(SETTLED);
  let judge = begin();
  let progress = 0;
  let since: number | undefined;
  let unlitSince: number | undefined;
  let neutral: SeenFrame[] = [];
  function reset(): void {
    judge = begin();
    progress = 0;
    neutral = [];
  }
  return {
    get progress(): number {
      return progress;
    },
    observe(
      frame: SeenFrame,
      analysis: Analysis,
      pad: boolean,
    ): {
      progress: number;
      guidance?: { step: GuidanceStep; code: string };
      /** The newest neutral frames, once the face is settled. */
      settled?: readonly SeenFrame[];
    } {
      since ??= frame.at;
      const { good, passed, worst = misplaced(frame) } = guidanceOf(analysis, { pad });
      const guidance = worst && { guidance: { step: worst.step, code: worst.code } };
      const lit = passed.includes('light') && passed.includes('focus');
      unlitSince = lit ? undefined : (unlitSince ?? frame.at);
      const waited =
        unlitSince === undefined ? frame.at - since >= PATIENCE : frame.at - unlitSince >= PATIENCE_FOR_LIGHT;
      const patient = !good && !waited;
      if (patient || !judgeable(frame) || faceQuality(analysis, { pad }).unjudgeable) {
        reset();
        return { progress, ...guidance };
      }
      ({ progress } = judge.observe(frame));
      neutral = [...neutral.slice(1 - MOST_NEUTRAL), frame];
      return { progress, ...guidance, ...(progress >= 1 && { settled: neutral }) };
    },
    reset,
  };
}

/** What guidance for a picture leaves out: turns need more room around the face. */
const misplaced = ({ share }: SeenFrame): { step: GuidanceStep; code: string } | undefined =>
  share > LARGEST_SHARE ? { step: 'distance', code: 'TOO_CLOSE' } : undefined;

const judgeable = (frame: SeenFrame): boolean =>
  isNeutral(frame) &&
  frame.share >= SMALLEST_SHARE &&
  frame.share <= LARGEST_SHARE &&
  frame.margin >= SMALLEST_MARGIN;

/** Frames a second below which no movement is judged: between two frames anything may have happened. */
const SLOWEST = 4.5;
/** Frames a second from which on a step has its usual time. */
const FULL_RATE = 9;
/** Milliseconds after which a person can have read and begun the step. */
const REACTION = 250;
/** Milliseconds of the network that count for the person. */
const GRACE = 2000;
/** Degrees of yaw: within them a step may begin; a turn as large as an asked one that was not asked for is a wrong movement. */
const NEUTRAL_YAW = 10;
const UNASKED_TURN = 15;
/** Face widths to the edge of the frame while a step runs: what is nearer, or larger than above, fools the gates (LIVENESS.md §2). */
const SMALLEST_RUN_MARGIN = 0.02;
/** Turned frames that are measured. */
const MOST_MEASURES = 60;

interface StepMoment {
  at: number;
  receivedAt: number;
}

interface RunFinding {
  state: 'running' | 'done' | 'failed';
  progress: number;
  code: string;
  there: boolean;
  reason?: ChallengeReason;
  color?: string;
}

/** One step of one attempt, from its reveal on: its window in time, its beginning from neutral, its judge, its gates. */
interface StepRun {
  observe(frame: SeenFrame, now: { receivedAt: number; rate: number | undefined }): RunFinding;
  /** Of the finished step. */
  evidence(): Evidence[];
}

export function createStepRun(
  drawn: DrawnStep,
  order: { strict: boolean; baseline: Baseline },
  revealed: StepMoment,
): StepRun {
  const step: Step = stepNamed(drawn.name);
  const { baseline } = order;
  const begin = () => step.begin({ ...drawn, ...order });
  let judge = begin();
  const seen: SeenBefore = { notYet: false };
  /** Whether the step could begin. */
  let ready = false;
  const time = createStepTime(drawn.limitMs, revealed);
  let frames = 0;
  const measures: TurnMeasures[] = [];

  const isTooSlow = (rate: number | undefined) => rate !== undefined && rate < (step.frameRate ?? SLOWEST);

  function begins(frame: SeenFrame): boolean {
    seen.notYet ||= step.notYet?.(frame, baseline) ?? true;
    if (step.ready) return step.ready(frame, baseline, seen);
    return Math.abs(frame.pose.yaw - baseline.yaw) < NEUTRAL_YAW;
  }

  function judged(frame: SeenFrame): RunFinding {
    const finding = judge.observe(frame);
    frames += 1;
    if (finding.wrong || isUnaskedTurn(step, frame, baseline))
      return { ...failed('WRONG_MOVEMENT'), progress: 0 };
    if (finding.there && step.turn && measures.length < MOST_MEASURES)
      measures.push(measureTurn(frame, baseline));
    return runningOrDone(finding);
  }

  return {
    observe(frame, { receivedAt, rate }) {
      const moment = { at: frame.at, receivedAt };
      time.pass(moment, isTooSlow(rate) ? 0 : rate);
      const earlier = seen.before;
      if (time.isOver()) return failed(time.wasSlow() ? 'FRAMES_TOO_SLOW' : 'TIME_OVER');
      if (!inRange(frame, step)) return waiting(frame.share < SMALLEST_SHARE ? 'COME_CLOSER' : 'MOVE_BACK');
      if (!ready) {
        ready = begins(frame);
        if (ready) time.beginAt(moment);
        seen.before = frame;
        if (!ready) return waiting('FACE_CAMERA');
      }
      seen.before = frame;
      if (rate !== undefined && rate < SLOWEST) return waiting('FRAMES_TOO_SLOW');
      if (step.turn && yawDisputed(frame, baseline)) return waiting('FACE_CAMERA');
      const finding = judged(frame);
      if (
        finding.there &&
        step.needs === 'motion' &&
        frame.at - revealed.at < REACTION &&
        earlier !== undefined
      ) {
        ready = false;
        time.beginAt(revealed);
        seen.notYet = false;
        judge = begin();
        measures.length = 0;
        return waiting('FACE_CAMERA');
      }
      return isTooSlow(rate) && finding.state === 'running'
        ? { ...finding, code: 'FRAMES_TOO_SLOW' }
        : finding;
    },
    evidence() {
      const details = {
        ms: Math.round(time.last().at - revealed.at),
        frames,
        ...rounded(judge.note?.() ?? {}),
      };
      const own: Evidence = { kind: `step:${drawn.name}`, passed: true, maturity: 'experimental', details };
      return step.turn ? [own, headEvidence(drawn.name, measures)] : [own];
    },
  };
}

/** Weighed with all else that the attempt showed (weighing/weigh.ts). */
const headEvidence = (name: string, measures: readonly TurnMeasures[]): Evidence => ({
  kind: `head:${name}`,
  maturity: 'experimental',
  details: rounded({ ...turnFinding(measures) }),
});

/** The time of a step, on both clocks. What too few frames showed prolongs it, at most to the double. */
function createStepTime(limitMs: number, revealed: StepMoment) {
  let from = revealed;
  let last = revealed;
  let unseen = 0;
  return {
    last: () => last,
    beginAt(moment: StepMoment): void {
      from = moment;
      unseen = 0;
    },
    /** `rate`: frames a second in the time before this one. */
    pass(moment: StepMoment, rate = FULL_RATE): void {
      unseen += (moment.at - last.at) * Math.max(0, 1 - rate / FULL_RATE);
      last = moment;
    },
    isOver(): boolean {
      const elapsed = Math.max(last.at - from.at, last.receivedAt - from.receivedAt - GRACE);
      return elapsed > limitMs + Math.min(unseen, limitMs);
    },
    wasSlow: () => unseen > limitMs / 2,
  };
}

const waiting = (code: string): RunFinding => ({ state: 'running', progress: 0, code, there: false });
const failed = (reason: ChallengeReason): RunFinding => ({
  state: 'failed',
  progress: 0,
  code: reason,
  there: false,
  reason,
});

const runningOrDone = ({ progress, done, there, code, color }: StepFinding): RunFinding => ({
  state: done ? 'done' : 'running',
  progress: Math.min(1, Math.max(0, progress)),
  code,
  there,
  ...(color !== undefined && { color }),
});

function inRange({ share, margin }: SeenFrame, step: Step): boolean {
  const largest = step.largestShare ?? LARGEST_SHARE;
  return (
    share >= SMALLEST_SHARE &&
    share <= largest &&
    (step.largestShare !== undefined || margin >= SMALLEST_RUN_MARGIN)
  );
}

/** In a step that asks for none. Holding still begins anew by itself. */
const isUnaskedTurn = (step: Step, { pose }: SeenFrame, { yaw }: Baseline): boolean =>
  !step.turn && !step.rest && Math.abs(pose.yaw - yaw) >= UNASKED_TURN;

const rounded = (values: Record<string, number | boolean>): Record<string, number | boolean> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? round(value) : value]),
  );
