import type { Analysis } from '../../inference/face.ts';
import { type GuidanceStep, guidanceOf } from '../captures/index.ts';
import { faceQuality } from '../checks/index.ts';
import { isNeutral, MOST_NEUTRAL } from './baseline.ts';
import type { SeenFrame } from './seen-frame.ts';
import { createStillness } from './steps/hold-still.ts';

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
