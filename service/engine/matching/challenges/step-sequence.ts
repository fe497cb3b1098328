import type { Analysis } from '../../../inference/face.ts';
import { type GuidanceStep, guidanceOf } from '../captures/guidance.ts';
import { faceQuality } from '../checks/face-quality.ts';
import type { DrawnChallenge, DrawnStep } from './draw-challenge.ts';
import type { Evidence } from './evidence.ts';
import { type Baseline, baselineOf, isNeutral, MOST_NEUTRAL, type SeenFrame } from './seen-frame.ts';
import { createStepRun, type RunFinding, type StepMoment, type StepRun } from './step-run.ts';
import { createStillness } from './steps/hold-still.ts';
import { type StepName, stepNamed } from './steps/registered-steps.ts';

/** The only step that the page learns. */
export interface RevealedStep extends DrawnStep {
  index: number;
  of: number;
}

/** The drawn steps, one revealed at a time. */
export interface StepSequence {
  /** Undefined before the first and after the last. */
  readonly step: RevealedStep | undefined;
  readonly finished: boolean;
  /** Of the finished steps. */
  readonly evidence: readonly Evidence[];
  /** Reveals the first; false where the frames hold no neutral pose. */
  start(moment: StepMoment, neutral: readonly SeenFrame[]): boolean;
  /** A frame of the revealed step; when it is done, the next one is revealed. */
  observe(
    seen: SeenFrame,
    now: { receivedAt: number; rate: number | undefined },
  ): RunFinding & { passed?: StepName };
}

export function createStepSequence({ steps, strict }: DrawnChallenge): StepSequence {
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
    get step() {
      const drawn = run && steps[index];
      return drawn && { ...drawn, ...(color !== undefined && { color }), index, of: steps.length };
    },
    get finished() {
      return index >= steps.length;
    },
    evidence,
    start(moment, frames) {
      if (!baselineOf(frames)) return false;
      neutral.push(...frames);
      reveal(moment);
      return true;
    },
    observe(seen, now) {
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
export interface Settling {
  readonly progress: number;
  observe(
    frame: SeenFrame,
    analysis: Analysis,
    pad: boolean,
  ): {
    progress: number;
    guidance?: { step: GuidanceStep; code: string };
    /** The newest neutral frames, once the face is settled. */
    settled?: readonly SeenFrame[];
  };
  reset(): void;
}

export function createSettling(): Settling {
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
    get progress() {
      return progress;
    },
    observe(frame, analysis, pad) {
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
