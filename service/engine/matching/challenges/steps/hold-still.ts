import type { Step, StepJudge } from './step.ts';
import { createHold } from './step.ts';

/** Degrees from the first frame of the hold, and face widths: what a head that keeps still stays within. */
const STILL = 5;
const IN_PLACE = 0.15;

/** A head that keeps still for so long; from the beginning again when it moves. */
export function createStillness(holdMs: number): StepJudge {
  let hold = createHold(holdMs);
  let from: { yaw: number; pitch: number; x: number; y: number } | undefined;
  return {
    observe({ at, pose, box }) {
      const here = { yaw: pose.yaw, pitch: pose.pitch, x: box.x + box.width / 2, y: box.y + box.height / 2 };
      const still =
        from !== undefined &&
        Math.abs(here.yaw - from.yaw) < STILL &&
        Math.abs(here.pitch - from.pitch) < STILL &&
        Math.hypot(here.x - from.x, here.y - from.y) < IN_PLACE * box.width;
      if (!still) {
        from = here;
        hold = createHold(holdMs);
      }
      const progress = hold.observe(at, true);
      return { progress, done: progress >= 1, there: true, code: 'HOLD_STILL' };
    },
  };
}

export const holdStill = {
  name: 'hold-still',
  prompt: 'Hold still and look at the camera.',
  rest: true,
  begin: ({ holdMs }) => createStillness(holdMs),
} as const satisfies Step;
