import type { Evidence } from '../evidence.ts';
import { packTrace, readTrace } from './pack-trace.ts';
import { createComparison, isRepeated } from './repeats.ts';
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
      ...{ longStretches: long.stretches, longRepeated: long.repeated },
      suspect: isRepeated(repeats),
    },
  };
}

/** Whether an earlier movement holds parts of this one; both packed. */
export function movementIn(movement: Uint8Array): (earlier: Uint8Array) => boolean {
  const fresh = readTrace(movement);
  const comparison = fresh && createComparison(fresh);
  return (packed) => {
    const earlier = readTrace(packed);
    return comparison !== undefined && earlier !== undefined && comparison.isIn(earlier);
  };
}

export const packMovement = (trace: Trace): Uint8Array | undefined =>
  trace.at.length === 0 ? undefined : packTrace(trace);
