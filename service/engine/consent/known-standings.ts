import type { Clock } from '../../lib/clock.ts';
import type { SubjectId } from '../../lib/id.ts';
import { type Consent, type Purpose, purposes } from './consent.ts';
import { type Ground, isWithheld, nextMoment, noRecords, type Standing, standingAfter } from './standing.ts';

/** What people withhold, in memory, for all people with a record. Every search reads it. */
export function createKnownStandings(clock: Clock) {
  const standings = new Map<SubjectId, Standing>();
  const standingNow = (subject: SubjectId | undefined) => (subject && standings.get(subject)) ?? noRecords;

  return {
    withholds: (ground: Ground, subject: SubjectId, purpose: Purpose): boolean =>
      isWithheld(standingNow(subject), purpose, ground, clock.now()),
    withheldAfter(ground: Ground, subject: SubjectId | undefined, consent: Consent | undefined): Purpose[] {
      const before = standingNow(subject);
      const now = clock.now();
      const after = consent ? standingAfter(before, { ...consent, at: nextMoment(now, before) }) : before;
      return purposes.filter((purpose) => isWithheld(after, purpose, ground, now));
    },
    /** Two changes of one person may be settled in the other order than they were committed: the later one holds. */
    settle(subject: SubjectId, standing: Standing): void {
      if (standing.asOf > standingNow(subject).asOf) standings.set(subject, standing);
    },
    forget: (subject: SubjectId): void => void standings.delete(subject),
  };
}
