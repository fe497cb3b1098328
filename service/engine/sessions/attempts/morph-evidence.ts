import type { SessionLiveness } from '../session.ts';

/**
 * The evidence of an outcome, with that the face matches several people of a gallery, as a picture blended of them does. Recorded, and
 * never decisive: relatives, and people who were enrolled twice, give the same. No person is named in it.
 */
export function withMorph<Outcome extends { liveness?: SessionLiveness }>(
  outcome: Outcome,
  people: number | undefined,
): Outcome {
  const { liveness } = outcome;
  if (people === undefined || !liveness || liveness.evidence.some(({ kind }) => kind === 'morph'))
    return outcome;
  const found = { kind: 'morph', maturity: 'experimental' as const, details: { suspect: true, people } };
  return { ...outcome, liveness: { ...liveness, evidence: [...liveness.evidence, found] } };
}
