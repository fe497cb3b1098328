import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import { type Organization, type RetentionPolicy, retentionPolicy } from '../organizations/index.ts';
import { DAY, type DueReason, dueReason, needsConfirmation } from './due.ts';
import { type createRetentionStore, PAGE } from './retention-store.ts';

/** What a sweep did, or would do; nothing in it names a person. */
export interface SweepReport {
  /** People whose term is over and whom nothing protects, by reason. */
  due: Record<DueReason, number>;
  /** People whose term is over and who stay, because a legal hold protects them. */
  held: number;
  /** People erased; of these, so many wait for a copy of the key store that could not be reached. */
  erased: number;
  pending: number;
  verifications: number;
  events: number;
  /** With their attempts. */
  deliveries: number;
  alerts: number;
  claims: number;
  /** Of the audit log, which is one for all organizations. */
  auditLines: number;
  /** Why it stopped before its end; the next sweep goes on. */
  failed?: string;
}

export interface SweepOrder {
  actor: Actor;
  request?: string;
  /** How many people the operator expects to be erased, where a sweep asks for it. */
  confirm?: number;
}

/** Throws LEGAL_HOLD and SUBJECT_NOT_FOUND. */
export type Erase = (
  realm: { organization: OrganizationId; world: World },
  subject: SubjectId,
  order: { reason: 'retention' | 'consent-withdrawn'; actor: Actor; request?: string },
) => Promise<{ state: 'pending' | 'done' }>;

/** What a sweep has to do, as it was at `now`. */
export interface Found {
  due: DuePerson[];
  /** There are in the organization. */
  people: number;
  /** Why it must be confirmed, in a sentence; undefined when so few are due as is plausible. */
  asks: string | undefined;
  /** Of those due, enrolled before the program was built. */
  beforeBuilt: number;
  /** Counts on as the sweep goes on. */
  report: SweepReport;
  policy: RetentionPolicy;
  now: number;
}

const worlds: readonly World[] = ['live', 'test'];

interface DuePerson {
  realm: { organization: OrganizationId; world: World };
  subject: SubjectId;
  reason: DueReason;
}

/** Each person enrolled before `builtAt` (ms since 1970) was enrolled under a wrong clock. */
const asksWhy = ({ due, tooMany, beforeBuilt }: { due: number; tooMany: boolean; beforeBuilt: number }) => {
  if (beforeBuilt > 0)
    return `${beforeBuilt} of the people it would erase were enrolled before this program was built: the clock stood wrong then.`;
  return tooMany ? `It would erase ${due} people at once.` : undefined;
};

export interface SweepStepsDeps {
  store: ReturnType<typeof createRetentionStore>;
  inTransaction: InTransaction;
  erase: Erase;
  clock: Clock;
}

/** The steps of a sweep; each can be done again after a crash. None of them holds up others for longer than a page. */
export function createSweepSteps({ store, inTransaction, erase, clock }: SweepStepsDeps) {
  /** One page after the other, so that nobody waits for it. */
  async function inPages(work: (tx: Tx) => Promise<number>, counted: (rows: number) => void): Promise<void> {
    for (;;) {
      const rows = await inTransaction(work);
      counted(rows);
      if (rows < PAGE) return;
      await pause();
    }
  }

  return {
    async look(organization: Organization, { builtAt }: { builtAt: number }): Promise<Found> {
      const policy = retentionPolicy(organization);
      const now = clock.now();
      const due: DuePerson[] = [];
      const report = emptyReport();
      let people = 0;
      let tooMany = false;
      let beforeBuilt = 0;
      for (const world of worlds) {
        const realm = { organization: organization.id, world };
        const inWorld = await store.countPeople(realm);
        let dueInWorld = 0;
        for await (const page of store.perhapsDue(realm, now - policy.unusedDays * DAY)) {
          for (const person of page) {
            const reason = dueReason(person, policy, now);
            if (reason === undefined) continue;
            if (person.held) {
              report.held++;
              continue;
            }
            dueInWorld++;
            if (person.enrolledAt < builtAt) beforeBuilt++;
            report.due[reason]++;
            due.push({ realm, subject: person.subject, reason });
          }
          await pause();
        }
        people += inWorld;
        tooMany ||= needsConfirmation(dueInWorld, inWorld);
      }
      tooMany ||= needsConfirmation(due.length, people);
      const asks = asksWhy({ due: due.length, tooMany, beforeBuilt });
      return { due, people, asks, beforeBuilt, report, policy, now };
    },

    async eraseDue({ due, policy, report }: Found, order: SweepOrder): Promise<void> {
      for (const { realm, subject } of due) {
        // Since it was looked at, the person may have been verified, enrolled, held or erased.
        const person = await store.kept(realm, subject);
        const reason = person && !person.held ? dueReason(person, policy, clock.now()) : undefined;
        if (reason === undefined) continue;
        try {
          const { actor, request } = order;
          const done = await erase(realm, subject, {
            reason: reason === 'consent-withdrawn' ? 'consent-withdrawn' : 'retention',
            actor,
            ...(request === undefined ? {} : { request }),
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
    },

    /** Verifications, events, deliveries, alerts and failures that are older than their terms. */
    async deleteOld(organization: OrganizationId, { policy, now, report }: Found): Promise<void> {
      const verificationsBefore = now - policy.verificationDays * DAY;
      const eventsBefore = now - policy.deliveryDays * DAY;
      for (const world of worlds) {
        const realm = { organization, world };
        await inPages(
          (tx) => store.deleteOld(tx, 'verification', realm, verificationsBefore),
          (rows) => {
            report.verifications += rows;
          },
        );
        await inPages(
          (tx) => store.deleteOld(tx, 'outbox', realm, eventsBefore),
          (rows) => {
            report.events += rows;
          },
        );
        await inPages(
          (tx) => store.deleteDeliveries(tx, realm, eventsBefore),
          (rows) => {
            report.deliveries += rows;
          },
        );
        await inPages(
          (tx) => store.deleteAlerts(tx, realm, verificationsBefore),
          (rows) => {
            report.alerts += rows;
          },
        );
        await inPages(
          (tx) => store.deleteClaims(tx, realm, verificationsBefore),
          (rows) => {
            report.claims += rows;
          },
        );
      }
    },

    /** How many `deleteOld` would delete. */
    async countOld(organization: OrganizationId, { policy, now, report }: Found): Promise<void> {
      const before = now - policy.verificationDays * DAY;
      for (const world of worlds) {
        const realm = { organization, world };
        report.verifications += await store.countOld('verification', realm, before);
        report.events += await store.countOld('outbox', realm, now - policy.deliveryDays * DAY);
        report.deliveries += await store.countDeliveries(realm, now - policy.deliveryDays * DAY);
        report.alerts += await store.countAlerts(realm, before);
        report.claims += await store.countClaims(realm, before);
      }
    },
  };
}

const emptyReport = (): SweepReport => ({
  due: { unused: 0, 'consent-over': 0, 'consent-withdrawn': 0 },
  held: 0,
  erased: 0,
  pending: 0,
  verifications: 0,
  events: 0,
  deliveries: 0,
  alerts: 0,
  claims: 0,
  auditLines: 0,
});
