import type { CheckResult } from './apply-rule.ts';
import { checkNamed } from './registered-checks.ts';

const UNKNOWN = 'Not enough was known.';

/**
 * The results as they may stand beside a verification in plain text: of checks that see personal data only whether they ran and what
 * they scored. Places and devices themselves are kept sealed.
 */
export function keptResults(results: readonly CheckResult[]): CheckResult[] {
  return results.map((result) => {
    const { storedReason } = checkNamed(result.check);
    if (storedReason === undefined) return result;
    const { details, reason, skipped, ...kept } = result;
    return {
      ...kept,
      ...(skipped === undefined ? {} : { skipped: UNKNOWN }),
      ...(reason === undefined ? {} : { reason: details?.inputMissing ? UNKNOWN : storedReason }),
    };
  });
}

/** Whether a kept result is a failure for want of what the caller did not send. */
export const wasMissing = ({ pass, skipped, reason, details }: CheckResult): boolean =>
  !pass && skipped === undefined && (details?.inputMissing === true || reason === UNKNOWN);
