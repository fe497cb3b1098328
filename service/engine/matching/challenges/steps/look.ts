import type { Step } from './step.ts';
import { createHold } from './step.ts';

/** Degrees of pitch from the neutral pose; talking heads reach 10 to 12 for a moment, so it is held (LIVENESS.md §1). */
const LOOKED = 10;
const WRONG_WAY = 10;
/** Degrees from the neutral pose within which it begins; farther the asked way only where the head was seen before on the way there. */
const NEUTRAL = { yaw: 10, pitch: 6 };

function look<Name extends string>(name: Name, way: 'up' | 'down') {
  const sign = way === 'down' ? 1 : -1;
  const code = way === 'up' ? 'LOOK_UP' : 'LOOK_DOWN';
  return {
    name,
    prompt: way === 'up' ? 'Lift your chin.' : 'Lower your chin.',
    needs: 'motion',
    ready: ({ pose }, { yaw, pitch }, { notYet }) =>
      notYet && Math.abs(pose.yaw - yaw) < NEUTRAL.yaw && sign * (pose.pitch - pitch) > -NEUTRAL.pitch,
    // also on a turned head: from a turn one goes straight on to looking up
    notYet: ({ pose }, { pitch }) => sign * (pose.pitch - pitch) < NEUTRAL.pitch,
    begin: ({ holdMs, baseline }) => {
      const hold = createHold(holdMs);
      return {
        observe({ at, pose }) {
          const moved = sign * (pose.pitch - baseline.pitch);
          const there = moved >= LOOKED;
          const held = hold.observe(at, there);
          const way = Math.min(1, Math.max(0, moved) / LOOKED);
          return {
            progress: held > 0 ? 0.5 + held / 2 : way / 2,
            done: held >= 1,
            there,
            code: there ? 'HOLD' : code,
            ...(moved <= -WRONG_WAY && { wrong: true as const }),
          };
        },
      };
    },
  } as const satisfies Step;
}

export const lookUp = look('look-up', 'up');
export const lookDown = look('look-down', 'down');
