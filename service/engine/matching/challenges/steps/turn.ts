import type { Step } from './step.ts';
import { createHold } from './step.ts';

/** Degrees of read yaw, about 0.78 of the true angle. It is what a flat picture does not reach (LIVENESS.md §2). */
const TURNED = { usual: 15, strict: 18 };
/** Degrees to the other side first: a recording that does everything. */
const WRONG_WAY = 10;
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
    begin: ({ holdMs, strict, baseline }) => {
      const asked = strict ? TURNED.strict : TURNED.usual;
      const hold = createHold(holdMs);
      return {
        observe({ at, pose }) {
          // yaw > 0: the nose points to the right of the picture, which is the person's left
          const turned = sign * (pose.yaw - baseline.yaw);
          const there = turned >= asked;
          const held = hold.observe(at, there);
          const way = Math.min(1, Math.max(0, turned) / asked);
          return {
            progress: held > 0 ? 0.5 + held / 2 : way / 2,
            done: held >= 1,
            there,
            code: there ? 'HOLD' : code,
            ...(turned <= -WRONG_WAY && { wrong: true as const }),
          };
        },
      };
    },
  } as const satisfies Step;
}

export const turnLeft = turn('turn-left', 'left');
export const turnRight = turn('turn-right', 'right');
