import type { CheckName, CheckResult } from './check.ts';

/** Checks about a place, a time or a device, and what is kept of why they failed. */
const personal: Partial<Record<CheckName, string>> = {
  impossibleTravel: 'Too far from the last verified location.',
  geoFence: 'Not allowed from there.',
  timeRestriction: 'Not allowed at that hour.',
  deviceConsistency: 'Not a known device.',
};

const UNKNOWN = 'Not enough was known.';

/**
 * The results as they may stand beside a verification in plain text: of checks about a place, a time or a device only
 * whether they ran and what they scored. Places and devices themselves are kept sealed.
 */
export function keptResults(results: readonly CheckResult[]): CheckResult[] {
  return results.map((result) => {
    const told = personal[result.check];
    if (told === undefined) return result;
    const { details, reason, skipped, ...kept } = result;
    return {
      ...kept,
      ...(skipped === undefined ? {} : { skipped: UNKNOWN }),
      ...(reason === undefined ? {} : { reason: details?.inputMissing ? UNKNOWN : told }),
    };
  });
}
