import type { Evidence } from '../evidence.ts';
import { packTrace, readTrace } from './pack-trace.ts';
import { type Repeats, repeatsOf } from './repeats.ts';
import type { Trace } from './trace.ts';

/** Stretches that were there before from which on the face moves as it did before. */
const FEWEST_REPEATED = 2;

const isRepeated = ({ repeated }: Repeats): boolean => repeated >= FEWEST_REPEATED;

/** Whether the attempt shows parts of itself again, as a recording does that is too short. */
export function judgeRepeats(trace: Trace, rule: 'refuse' | 'record'): Evidence {
  const repeats = repeatsOf(trace, trace);
  return {
    kind: 'movement',
    ...(rule === 'refuse' && { passed: !isRepeated(repeats) }),
    maturity: 'experimental',
    details: { ...repeats, suspect: isRepeated(repeats) },
  };
}

/** Whether an earlier movement holds parts of this one; both packed. */
export function movementIn(movement: Uint8Array): (earlier: Uint8Array) => boolean {
  const fresh = readTrace(movement);
  return (packed) => {
    const earlier = readTrace(packed);
    return fresh !== undefined && earlier !== undefined && isRepeated(repeatsOf(fresh, earlier));
  };
}

export const packMovement = (trace: Trace): Uint8Array | undefined =>
  trace.at.length === 0 ? undefined : packTrace(trace);
