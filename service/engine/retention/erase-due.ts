import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { noteProgress } from '../../lib/progress/progress.ts';
import type { Db } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { Realm } from '../personal-data/index.ts';
import { findKept } from '../subjects/index.ts';
import { dueReason } from './due.ts';
import type { Found } from './find-due.ts';

export interface SweepOrder {
  actor: Actor;
  request?: string;
  /** How many people the operator expects to be erased, where a sweep asks for it. */
  confirm?: number;
}

/** Throws LEGAL_HOLD and SUBJECT_NOT_FOUND. */
export type Erase = (
  realm: Realm,
  subject: SubjectId,
  order: { reason: 'retention' | 'consent-withdrawn'; actor: Actor; request?: string },
) => Promise<{ state: 'pending' | 'done' }>;

/** Erases the people found. It can be called again after a crash. */
export async function eraseDue(
  { db, erase, clock }: { db: Db; erase: Erase; clock: Clock },
  { due, policy, report }: Found,
  { actor, request }: SweepOrder,
): Promise<void> {
  for (const [i, { realm, subject }] of due.entries()) {
    noteProgress('erasing people', i, due.length);
    // Since the people were found, this one may have been verified, enrolled, held or erased.
    const person = await findKept(db, realm, subject);
    const reason = person && !person.held ? dueReason(person, policy, clock.now()) : undefined;
    if (reason === undefined) continue;
    try {
      const done = await erase(realm, subject, {
        reason: reason === 'consent-withdrawn' ? 'consent-withdrawn' : 'retention',
        actor,
        ...defined({ request }),
      });
      report.erased++;
      if (done.state === 'pending') report.pending++;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'LEGAL_HOLD') report.held++;
      else if (error.code !== 'SUBJECT_NOT_FOUND') throw error;
    }
    await pause();
  }
}
