import type { Evidence } from '../evidence.ts';
import { packTrace, readTrace } from './pack-trace.ts';
import { createComparison, isRepeated } from './repeats.ts';
import { createRestComparison, SAME_REST } from './rest.ts';
import type { Trace } from './trace.ts';

/** Whether the attempt shows parts of itself again, as a recording does that is too short. */
export function judgeRepeats(trace: Trace, rule: 'refuse' | 'record'): Evidence {
  const repeats = createComparison(trace).repeatsOf(trace);
  const { long, short } = repeats;
  return {
    kind: 'movement',
    ...(rule === 'refuse' && { passed: !isRepeated(repeats) }),
    maturity: 'experimental',
    details: {
      ...short,
      longStretches: long.stretches,
      longRepeated: long.repeated,
      suspect: isRepeated(repeats),
    },
  };
}

/**
 * Whether an earlier movement holds parts of this one; both packed. `still`: no movement of the head was asked for, so that what a face
 * at rest moves by is compared too.
 */
export function movementIn(
  movement: Uint8Array,
  { still }: { still: boolean },
): (earlier: Uint8Array) => boolean {
  const fresh = readTrace(movement);
  const comparison = fresh && createComparison(fresh);
  const restIn = fresh && still ? createRestComparison(fresh) : undefined;
  return (packed) => {
    const earlier = readTrace(packed);
    if (comparison === undefined || earlier === undefined) return false;
    return comparison.isIn(earlier) || (restIn !== undefined && restIn(earlier) >= SAME_REST);
  };
}

export const packMovement = (trace: Trace): Uint8Array | undefined =>
  trace.at.length === 0 ? undefined : packTrace(trace);
