import type { Step } from './step.ts';
import { createHold } from './step.ts';

/** Eye distance over that of the neutral frames, in three dimensions: a turn of the head does not change it. No still person passes 1.15. */
const CLOSER = 1.25;
const NOT_YET = 1.12;
/** Degrees of yaw within which it begins: the turn of the step before is left. */
const NEUTRAL_YAW = 10;

export const comeCloser = {
  name: 'come-closer',
  prompt: 'Come closer to the camera.',
  needs: 'motion',
  largestShare: 0.85,
  ready: ({ pose }, baseline, { notYet }) => notYet && Math.abs(pose.yaw - baseline.yaw) < NEUTRAL_YAW,
  // also on a turned head: from a turn one goes straight on to coming closer
  notYet: ({ eyeDistance }, baseline) => eyeDistance < NOT_YET * baseline.eyeDistance,
  begin: ({ holdMs, baseline }) => {
    const hold = createHold(holdMs);
    return {
      observe({ at, eyeDistance }) {
        const ratio = eyeDistance / baseline.eyeDistance;
        const there = ratio >= CLOSER;
        const held = hold.observe(at, there);
        const way = Math.min(1, Math.max(0, (ratio - 1) / (CLOSER - 1)));
        return {
          progress: held > 0 ? 0.5 + held / 2 : way / 2,
          done: held >= 1,
          there,
          code: there ? 'HOLD' : 'COME_CLOSER',
        };
      },
    };
  },
} as const satisfies Step;
