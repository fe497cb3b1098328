import type { ImportOutcome } from '../../../../sdk/admin/bulk-import/run-import.ts';

export interface RefusalGroup {
  key: string;
  reason: string;
  code: string;
  advice: string | undefined;
  refused: readonly ImportOutcome[];
}

/** Refused pictures by their reason, the most frequent first. */
export const groupRefusals = (outcomes: readonly ImportOutcome[]): RefusalGroup[] =>
  [
    ...Map.groupBy(
      outcomes.filter(({ outcome }) => outcome === 'refused'),
      ({ code = '', check = '', reason = '' }) => `${code} ${check} ${reason}`,
    ),
  ]
    .map(([key, refused]) => ({
      key,
      reason: refused[0]?.reason ?? '',
      code: refused[0]?.code ?? '',
      advice: refused[0]?.advice,
      refused,
    }))
    .toSorted((a, b) => b.refused.length - a.refused.length);

/** From this share of the pictures that were tried on, it is not single pictures that do not look alive: they are scans. */
const MANY = 0.2;
const FEWEST = 2;

/** Those that liveness refused, where there are so many that the pictures may be scans or printed photographs. */
export function likelyScans(outcomes: readonly ImportOutcome[]): readonly ImportOutcome[] {
  const tried = outcomes.filter(({ outcome }) => outcome !== 'not-tried').length;
  const refused = outcomes.filter(({ outcome, check }) => outcome === 'refused' && check === 'liveness');
  return refused.length >= Math.max(FEWEST, tried * MANY) ? refused : [];
}
