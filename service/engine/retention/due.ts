import { endedAt, keptUntil } from '../consent/index.ts';
import type { KeptPerson } from '../subjects/index.ts';

export const DAY = 86_400_000;

/** `consent-withdrawn`, `consent-over`: the person's own records leave no use of the face. `unused`: not used for the term. */
export type DueReason = 'unused' | 'consent-over' | 'consent-withdrawn';

/** Why the person is to be erased; undefined when they are not. What an administrator withdrew erases after a wait (`keptUntil`). */
export function dueReason(
  { enrolledAt, usedAt, standing }: Pick<KeptPerson, 'enrolledAt' | 'usedAt' | 'standing'>,
  { unusedDays }: { unusedDays: number },
  now: number,
): DueReason | undefined {
  const end = endedAt(standing);
  if (end !== undefined && Math.max(end, keptUntil(standing, enrolledAt)) <= now)
    return end === 0 ? 'consent-withdrawn' : 'consent-over';
  return Math.max(enrolledAt, usedAt ?? 0) + unusedDays * DAY <= now ? 'unused' : undefined;
}

/**
 * A sweep erases one person, or one in twenty, without being confirmed. More is likelier a wrong clock or a wrong term than the
 * end of so many terms.
 */
export function needsConfirmation(due: number, people: number): boolean {
  return due > Math.max(1, Math.floor(people / 20));
}
