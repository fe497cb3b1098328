import type { CheckName, CheckResult } from './check.ts';

/** What to tell a person whose verification this check lowered most, where the check itself does not say it. */
const sentences: Record<CheckName, string> = {
  liveness: 'The picture looks like a photograph or a screen: take a new one with the camera.',
  frameConsistency: 'The frames do not fit together well: take the pictures again in one go.',
  impossibleTravel: 'The last verified location is too far away for the time since.',
  embeddingHistory: 'The face is unlike this person’s earlier verified pictures.',
  deviceConsistency: 'This device is not one that this person has used before.',
  geoFence: 'Verification is not allowed from this country.',
  timeRestriction: 'Verification is not allowed at this hour.',
  faceQuality: 'The picture is not clear enough: take a new one in good light.',
};

/** Why a composite below the minimum refuses: what scored lowest, for the person. Figures would help to climb to the minimum. */
export function compositeReason(results: readonly CheckResult[]): string {
  const [lowest] = results
    .filter(({ skipped, weight }) => skipped === undefined && weight > 0)
    .toSorted((a, b) => a.score - b.score || b.weight - a.weight);
  if (lowest === undefined) return 'The checks together do not reach what the profile asks for.';
  const { check, reason } = lowest;
  return check === 'liveness' ? sentences.liveness : (reason ?? sentences[check]);
}
