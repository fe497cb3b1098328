import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Ids } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import {
  type Consent,
  type ConsentRecord,
  type Person,
  type Purpose,
  throughOf,
  type Withdrawal,
} from './consent.ts';
import { readHistory } from './consent-state.ts';
import { insertConsent, insertWithdrawals, updateStanding } from './consent-store.ts';
import { nextMoment, type Standing, standingAfter, standingOf } from './standing.ts';

export interface RecordConsentDeps {
  audit: Audit;
  events: Events;
  ids: Ids;
  clock: Clock;
}

/** Writes consents and withdrawals inside the caller's transaction. Each throws SUBJECT_NOT_FOUND. */
export function createRecordConsent({ audit, events, ids, clock }: RecordConsentDeps) {
  async function record(tx: Tx, person: Person, consent: Consent, actor: Actor): Promise<Standing> {
    const { standing } = await readHistory(tx, person.subject);
    const at = nextMoment(clock.now(), standing);
    const after = standingAfter(standing, { ...consent, at, by: describeActor(actor) });
    await keep(tx, person, after);
    await insertConsent(tx, person, {
      ...consent,
      id: ids.next('consent'),
      at,
      by: describeActor(actor),
      through: consent.through ?? throughOf(actor),
    });
    return after;
  }

  return {
    record,
    /** As `record`, with an audit line of its own. */
    async give(tx: Tx, person: Person, given: Consent, actor: Actor, request?: string): Promise<Standing> {
      const after = await record(tx, person, given, actor);
      await audit.add(tx, {
        ...lineOf(person, actor, request),
        action: 'consent.record',
        details: { world: person.world, purposes: given.purposes, textVersion: given.textVersion },
      });
      return after;
    },
    /** Purposes that are withdrawn already are not recorded again. */
    async withdraw(
      tx: Tx,
      person: Person,
      asked: readonly Purpose[],
      actor: Actor,
      request?: string,
    ): Promise<{ standing: Standing; withdrawn: Purpose[] }> {
      const { consents, withdrawals, standing } = await readHistory(tx, person.subject);
      const withdrawn = [...new Set(asked)].filter((purpose) => !isWithdrawn(purpose, consents, withdrawals));
      const at = nextMoment(clock.now(), standing);
      const records = withdrawn.map((purpose) => ({
        id: ids.next('withdrawal'),
        purpose,
        at,
        by: describeActor(actor),
        through: throughOf(actor),
      }));
      const after = standingOf(consents, [...withdrawals, ...records]);
      await keep(tx, person, after);
      if (records.length === 0) return { standing: after, withdrawn };
      await insertWithdrawals(tx, person, records);
      const { organization, world, subject } = person;
      await audit.add(tx, {
        ...lineOf(person, actor, request),
        action: 'consent.withdraw',
        details: { world, purposes: withdrawn },
      });
      await events.add(tx, {
        type: 'consent.withdrawn',
        organization,
        world,
        payload: { subject, purposes: withdrawn },
      });
      return { standing: after, withdrawn };
    },
  };
}

/** Whose consent a line of the audit log is about, and who acted. */
export const lineOf = ({ organization, subject }: Person, actor: Actor, request: string | undefined) => ({
  actor,
  organization,
  target: subject,
  ...defined({ request }),
});

async function keep(tx: Tx, person: Person, standing: Standing): Promise<void> {
  if (await updateStanding(tx, person, standing)) return;
  throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
}

/** The last word about this purpose was a withdrawal. */
function isWithdrawn(
  purpose: Purpose,
  consents: readonly ConsentRecord[],
  withdrawals: readonly Withdrawal[],
): boolean {
  const last = withdrawals.findLast((one) => one.purpose === purpose);
  return last !== undefined && !consents.some((one) => one.at > last.at && one.purposes.includes(purpose));
}
