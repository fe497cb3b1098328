import { createHold, createMovement, type Step, type StepJudge } from './step.ts';

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

/** Degrees of read yaw, about 0.78 of the true angle. It is what a flat picture does not reach (LIVENESS.md §2). */
const TURNED = { usual: 15, strict: 18 };
/** Degrees from the neutral pose within which a turn begins: one that is there already proves nothing. */
const NEUTRAL_TURN = 8;

function turn<Name extends string>(name: Name, side: 'left' | 'right') {
  const sign = side === 'left' ? 1 : -1;
  const code = side === 'left' ? 'TURN_LEFT' : 'TURN_RIGHT';
  return {
    name,
    prompt: `Turn your head to the ${side}.`,
    needs: 'motion',
    turn: side,
    ready: ({ pose }, { yaw }, { before }) =>
      Math.abs(pose.yaw - yaw) < NEUTRAL_TURN ||
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

/** Degrees of pitch from the neutral pose; talking heads reach 10 to 12 for a moment, so it is held (LIVENESS.md §1). */
const LOOKED = 10;
/** Degrees from the neutral pose within which it begins; farther the asked way only where the head was seen before on the way there. */
const NEUTRAL_LOOK = { yaw: 10, pitch: 6 };

function look<Name extends string>(name: Name, way: 'up' | 'down') {
  const sign = way === 'down' ? 1 : -1;
  const code = way === 'up' ? 'LOOK_UP' : 'LOOK_DOWN';
  return {
    name,
    prompt: way === 'up' ? 'Lift your chin.' : 'Lower your chin.',
    needs: 'motion',
    ready: ({ pose }, { yaw, pitch }, { notYet }) =>
      notYet &&
      Math.abs(pose.yaw - yaw) < NEUTRAL_LOOK.yaw &&
      sign * (pose.pitch - pitch) > -NEUTRAL_LOOK.pitch,
    // also on a turned head: from a turn one goes straight on to looking up
    notYet: ({ pose }, { pitch }) => sign * (pose.pitch - pitch) < NEUTRAL_LOOK.pitch,
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
