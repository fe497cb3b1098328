import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import { noteProgress } from '../../../lib/progress/progress.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import { type Organization, type RetentionPolicy, retentionPolicy } from '../../accounts/index.ts';
import type { Actor, ExpiringRows, PersonalData, Realm } from '../../audit/index.ts';
import { countPeople, findKept, peopleNotUsedSince, READ_AT_ONCE } from '../subjects/kept-people-store.ts';
import { DAY, type DueReason, dueReason, emptyReport, needsConfirmation, type SweepReport } from './due.ts';

/** What a sweep has to do, as it was at `now`. */
export interface Found {
  due: DuePerson[];
  /** There are in the organization. */
  people: number;
  /** Why it must be confirmed, in a sentence; undefined when so few are due as is plausible. */
  asks: string | undefined;
  /** Updated as the sweep proceeds. */
  report: SweepReport;
  policy: RetentionPolicy;
  now: number;
}

interface DuePerson {
  realm: Realm;
  subject: SubjectId;
  reason: DueReason;
}

export interface FindDueDeps {
  db: Db;
  personalData: readonly PersonalData[];
  clock: Clock;
}

const worlds: readonly World[] = ['live', 'test'];

/** The people whose term is over. Each person enrolled before `builtAt` (ms since 1970) was enrolled under a wrong clock. */
export async function findDue(
  { db, personalData, clock }: FindDueDeps,
  organization: Organization,
  { builtAt }: { builtAt: number },
): Promise<Found> {
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
    let looked = 0;
    for await (const page of peopleNotUsedSince(db, realm, now - policy.unusedDays * DAY)) {
      looked = Math.min(inWorld, looked + READ_AT_ONCE);
      noteProgress('looking at people', looked, inWorld);
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
    }
    people += inWorld;
    tooMany ||= needsConfirmation(dueInWorld, inWorld);
  }
  tooMany ||= needsConfirmation(due.length, people);
  return { due, people, asks: asksWhy(due.length, tooMany, beforeBuilt), report, policy, now };
}

function asksWhy(due: number, tooMany: boolean, beforeBuilt: number): string | undefined {
  if (beforeBuilt > 0)
    return `${beforeBuilt} of the people it would erase were enrolled before this program was built: the clock stood wrong then.`;
  return tooMany ? `It would erase ${due} people at once.` : undefined;
}

export interface SweepOptions {
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

/** What the storage or the load forbids, it forbids for the next person too. */
const ends = (error: unknown): boolean =>
  error instanceof Problem &&
  ['STORAGE_UNAVAILABLE', 'STORAGE_FULL', 'OVERLOADED', 'SEALED'].includes(error.code);

/** Erases the people found; one who cannot be erased holds up no others. It can be called again after a crash. */
export async function eraseDue(
  { db, erase, clock, log }: { db: Db; erase: Erase; clock: Clock; log: Log },
  { due, policy, report }: Found,
  { actor, request }: SweepOptions,
): Promise<void> {
  let failed = 0;
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
      const code = error instanceof Problem ? error.code : undefined;
      if (code === 'LEGAL_HOLD') report.held++;
      else if (ends(error)) throw error;
      else if (code !== 'SUBJECT_NOT_FOUND') {
        failed++;
        log.error({ subject, err: error }, 'a person whose term is over could not be erased');
      }
    }
    await pause();
  }
  if (failed > 0)
    report.failed = `${failed} of ${due.length} people could not be erased: the log of the service says why. The next sweep tries again.`;
}

/** Rows that are deleted in one go: some milliseconds of the event loop. */
const PAGE = 500;
/** Calls `work` for the rows of each feature in each world, with the time before which they are too old. */
async function eachOld(
  personalData: readonly PersonalData[],
  organization: OrganizationId,
  { policy, now }: Pick<Found, 'policy' | 'now'>,
  work: (old: ExpiringRows, realm: Realm, before: number) => Promise<void>,
): Promise<void> {
  for (const world of worlds)
    for (const { expires = [] } of personalData)
      for (const old of expires) await work(old, { organization, world }, now - policy[old.term] * DAY);
}

/** Deletes the rows of every feature that are older than their terms. It can be called again after a crash. */
export const deleteOldRows = (
  { personalData, inTransaction }: { personalData: readonly PersonalData[]; inTransaction: InTransaction },
  organization: OrganizationId,
  found: Found,
): Promise<void> =>
  eachOld(personalData, organization, found, async ({ counted, expire }, realm, before) => {
    const { rows } = found.report;
    // One page after the other: other callers get a turn in between.
    for (let deleted = PAGE; deleted === PAGE; await pause()) {
      deleted = await inTransaction((tx) => expire(tx, realm, before, PAGE));
      rows[counted] = (rows[counted] ?? 0) + deleted;
    }
  });

/** How many rows `deleteOldRows` would delete, by kind. */
export async function countOldRows(
  { personalData }: { personalData: readonly PersonalData[] },
  organization: OrganizationId,
  found: Found,
): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  await eachOld(personalData, organization, found, async ({ counted, count }, realm, before) => {
    rows[counted] = (rows[counted] ?? 0) + (await count(realm, before));
  });
  return rows;
}
