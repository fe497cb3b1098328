import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import { type Organization, type RetentionPolicy, retentionPolicy } from '../organizations/index.ts';
import type { ExpiringRows, PersonalData } from '../personal-data/index.ts';
import { countPeople, findKept, peopleNotUsedSince } from '../subjects/index.ts';
import { DAY, type DueReason, dueReason, needsConfirmation } from './due.ts';
import { emptyReport, type SweepReport } from './sweep-report.ts';

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
/** Rows that are deleted in one go: some milliseconds of the event loop. */
const PAGE = 500;

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
  db: Db;
  /** Where each feature keeps rows that expire. */
  personalData: readonly PersonalData[];
  inTransaction: InTransaction;
  erase: Erase;
  clock: Clock;
}

/** The steps of a sweep; each can be done again after a crash. None of them holds up others for longer than a page. */
export function createSweepSteps({ db, personalData, inTransaction, erase, clock }: SweepStepsDeps) {
  const expiring = personalData.flatMap(({ expires = [] }) => expires);
  const beforeOf = ({ term }: ExpiringRows, { policy, now }: Found) => now - policy[term] * DAY;

  /** One page after the other: other callers get a turn in between. */
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
      const report = emptyReport(personalData);
      let people = 0;
      let tooMany = false;
      let beforeBuilt = 0;
      for (const world of worlds) {
        const realm = { organization: organization.id, world };
        const inWorld = await countPeople(db, realm);
        let dueInWorld = 0;
        for await (const page of peopleNotUsedSince(db, realm, now - policy.unusedDays * DAY)) {
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
        const person = await findKept(db, realm, subject);
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

    /** Rows of every feature that are older than their terms. */
    async deleteOld(organization: OrganizationId, found: Found): Promise<void> {
      const { rows } = found.report;
      for (const world of worlds) {
        for (const old of expiring) {
          await inPages(
            (tx) => old.expire(tx, { organization, world }, beforeOf(old, found), PAGE),
            (deleted) => {
              rows[old.counted] = (rows[old.counted] ?? 0) + deleted;
            },
          );
        }
      }
    },

    /** How many `deleteOld` would delete. */
    async countOld(organization: OrganizationId, found: Found): Promise<void> {
      const { rows } = found.report;
      for (const world of worlds) {
        for (const old of expiring) {
          const counted = await old.count({ organization, world }, beforeOf(old, found));
          rows[old.counted] = (rows[old.counted] ?? 0) + counted;
        }
      }
    },
  };
}
