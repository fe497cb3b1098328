import type { Overview } from '../../../engine/overview/index.ts';
import type { Unverified } from '../../../engine/verification/index.ts';
import { time } from '../../../lib/time.ts';
import { sentenceOf } from '../verifications/past-translate.ts';
import type { OverviewReply } from './wire.ts';

export function fromOverview(overview: Overview): OverviewReply {
  const { hours, decided, reasons, unverified, people, liveness, gallery, at, attention } = overview;
  const begin = time(hours[0]!.from);
  return {
    at: time(at),
    verifications: {
      hours: hours.map(({ from, ...counts }) => ({ from: time(from), ...fromCounts(counts) })),
      ...fromCounts(decided),
    },
    reasons: reasons.map(({ outcome, decidedBy, count }) => ({
      reason: outcome as Unverified,
      decidedBy,
      sentence: sentenceOf(outcome, decidedBy),
      count,
      filter: { from: begin, reason: outcome as Unverified, decidedBy },
    })),
    sinceYesterday: {
      count: unverified.count,
      filter: { from: time(unverified.from), decision: 'unverified' },
    },
    people,
    templates: overview.templates,
    gallery: { ...gallery, people },
    liveness: fromLiveness(liveness),
    matchOnly: overview.matchOnly,
    attention: attention.map((one) => ({ ...one })),
  };
}

const fromCounts = (counts: Overview['decided']) => ({
  verified: counts.verified,
  notVerified: counts['not-verified'],
  refused: counts.refused,
});

/** Used by the overview and by the status of the box. */
export const fromLiveness = (liveness: Overview['liveness']): OverviewReply['liveness'] =>
  liveness.is === 'installed'
    ? { installed: true, set: liveness.set, maturity: liveness.maturity }
    : { installed: false, remedy: liveness.remedy };
