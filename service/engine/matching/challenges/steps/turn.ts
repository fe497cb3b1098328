import type { Step } from './step.ts';
import { createMovement } from './step.ts';

/** Degrees of read yaw, about 0.78 of the true angle. It is what a flat picture does not reach (LIVENESS.md §2). */
const TURNED = { usual: 15, strict: 18 };
/** Degrees from the neutral pose within which a turn begins: one that is there already proves nothing. */
const NEUTRAL = 8;

function turn<Name extends string>(name: Name, side: 'left' | 'right') {
  const sign = side === 'left' ? 1 : -1;
  const code = side === 'left' ? 'TURN_LEFT' : 'TURN_RIGHT';
  return {
    name,
    prompt: `Turn your head to the ${side}.`,
    needs: 'motion',
    turn: side,
    ready: ({ pose }, { yaw }, { before }) =>
      Math.abs(pose.yaw - yaw) < NEUTRAL ||
      (before !== undefined && sign * (before.pose.yaw - yaw) < 0 && sign * (pose.yaw - yaw) >= 0),
    begin: ({ holdMs, strict, baseline }) =>
      createMovement(holdMs, {
        asked: strict ? TURNED.strict : TURNED.usual,
        code,
        // yaw > 0: the nose points to the right of the picture, which is the person's left
        movedBy: ({ pose }) => sign * (pose.yaw - baseline.yaw),
      }),
  } as const satisfies Step;
}

export const turnLeft = turn('turn-left', 'left');
export const turnRight = turn('turn-right', 'right');
