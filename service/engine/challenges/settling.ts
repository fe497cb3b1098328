import type { Analysis } from '../../inference/face.ts';
import { type GuidanceStep, guidanceOf } from '../captures/index.ts';
import { isNeutral } from './baseline.ts';
import type { SeenFrame } from './seen-frame.ts';
import { createStillness } from './steps/hold-still.ts';

/** Milliseconds of a well-placed, still face before the first step is revealed. */
const SETTLED = 800;
/** Milliseconds after which advice that does not prevent judging is given up: a webcam in bad light stays one. */
const PATIENCE = 3000;
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
    /** The neutral frames, once the face is settled. */
    settled?: readonly SeenFrame[];
  };
  reset(): void;
}

export function createSettling(): Settling {
  const begin = () => createStillness(SETTLED);
  let judge = begin();
  let progress = 0;
  let since: number | undefined;
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
      const { good, worst } = guidanceOf(analysis, { pad });
      const guidance = worst && { guidance: { step: worst.step, code: worst.code } };
      const patient = !good && frame.at - since < PATIENCE;
      if (patient || !judgeable(frame)) {
        reset();
        return { progress, ...guidance };
      }
      ({ progress } = judge.observe(frame));
      neutral.push(frame);
      return { progress, ...guidance, ...(progress >= 1 && { settled: neutral }) };
    },
    reset,
  };
}

const judgeable = (frame: SeenFrame): boolean =>
  isNeutral(frame) &&
  frame.share >= SMALLEST_SHARE &&
  frame.share <= LARGEST_SHARE &&
  frame.margin >= SMALLEST_MARGIN;
