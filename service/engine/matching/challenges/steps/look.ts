import type { Step } from './step.ts';
import { createMovement } from './step.ts';

/** Degrees of pitch from the neutral pose; talking heads reach 10 to 12 for a moment, so it is held (LIVENESS.md §1). */
const LOOKED = 10;
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
    begin: ({ holdMs, baseline }) =>
      createMovement(holdMs, {
        asked: LOOKED,
        code,
        movedBy: ({ pose }) => sign * (pose.pitch - baseline.pitch),
      }),
  } as const satisfies Step;
}

export const lookUp = look('look-up', 'up');
export const lookDown = look('look-down', 'down');
