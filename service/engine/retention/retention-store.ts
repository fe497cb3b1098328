import { sql } from 'kysely';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/erasure-conditions.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { readStanding } from '../consent/index.ts';
import type { Kept } from './due.ts';
import { type OldTable, oldAlerts, oldClaims, oldDeliveries, oldOf, type Realm } from './old-rows-store.ts';

/** Rows that are read or deleted in one go: some milliseconds of the event loop. */
export const PAGE = 500;

export interface KeptPerson extends Kept {
  subject: SubjectId;
  held: boolean;
}

export interface SweepRow {
  id: string;
  startedAt: number;
  /** Absent: it was interrupted, or is running. */
  finishedAt?: number;
  actor: string;
  /** JSON. */
  report: string;
}

/** What sweeps read and delete, and the table `retention_sweep`. */
export function createRetentionStore(db: Db) {
  const people = ({ organization, world }: Realm) =>
    db
      .selectFrom('subject')
      .where('subject.organization', '=', organization)
      .where('subject.world', '=', world)
      .where(notBeingErased);
  const keptRows = (realm: Realm) =>
    people(realm).select(({ exists, selectFrom }) => [
      'subject.id',
      'subject.updated_at',
      'subject.last_used_at',
      'subject.withheld',
      exists(
        selectFrom('legal_hold')
          .select('legal_hold.id')
          .whereRef('legal_hold.subject', '=', 'subject.id')
          .where('legal_hold.released_at', 'is', null),
      ).as('held'),
    ]);
  type Row = { id: string; updated_at: number; last_used_at: number | null; withheld: string; held: unknown };
  const toKept = (row: Row): KeptPerson => ({
    subject: row.id as SubjectId,
    enrolledAt: row.updated_at,
    ...(row.last_used_at === null ? {} : { usedAt: row.last_used_at }),
    standing: readStanding(row.withheld),
    // SQLite answers 0 or 1.
    held: row.held === true || Number(row.held) === 1,
  });

  return {
    async countPeople(realm: Realm): Promise<number> {
      const { n } = await people(realm)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** Everybody not used or enrolled since `before`, and everybody of whom a consent or a withdrawal is recorded; in pages. */
    async *perhapsDue(realm: Realm, before: number): AsyncGenerator<KeptPerson[]> {
      for (let after = ''; ; ) {
        const rows = await keptRows(realm)
          .where('subject.id', '>', after)
          .where(({ eb, and, or }) =>
            or([
              eb('subject.withheld', '<>', '[]'),
              and([
                eb('subject.updated_at', '<=', before),
                or([eb('subject.last_used_at', 'is', null), eb('subject.last_used_at', '<=', before)]),
              ]),
            ]),
          )
          .orderBy('subject.id')
          .limit(PAGE)
          .execute();
        if (rows.length === 0) return;
        after = rows.at(-1)!.id;
        yield rows.map(toKept);
      }
    },

    /** Undefined when there is no such person any more. */
    async kept(realm: Realm, subject: SubjectId): Promise<KeptPerson | undefined> {
      const row = await keptRows(realm).where('subject.id', '=', subject).executeTakeFirst();
      return row && toKept(row);
    },

    /** When the first of those under a hold, in any organization, was enrolled; undefined when nobody is under one. */
    async oldestHeld(): Promise<number | undefined> {
      const { at } = await db
        .selectFrom('legal_hold')
        .innerJoin('subject', 'subject.id', 'legal_hold.subject')
        .select(({ fn }) => fn.min('subject.created_at').as('at'))
        .where('released_at', 'is', null)
        .executeTakeFirstOrThrow();
      return at === null ? undefined : Number(at);
    },

    /** Rows older than `before`, but of nobody under a hold. At most a page of them; how many there were. */
    async deleteOld(tx: Tx, table: OldTable, realm: Realm, before: number): Promise<number> {
      const { numDeletedRows } = await tx
        .deleteFrom(table)
        .where('id', 'in', oldOf(tx, table, realm, before).select('old.id').limit(PAGE))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    /** How many `deleteOld` would delete. */
    async countOld(table: OldTable, realm: Realm, before: number): Promise<number> {
      const { n } = await oldOf(db, table, realm, before)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** Deliveries that have ended and are older than `before`, with their attempts, but of nobody under a hold. At most a page of them; how many there were. */
    async deleteDeliveries(tx: Tx, realm: Realm, before: number): Promise<number> {
      const old = await oldDeliveries(tx, realm, before).select('old.id').limit(PAGE).execute();
      if (old.length === 0) return 0;
      const ids = old.map(({ id }) => id);
      await tx.deleteFrom('webhook_attempt').where('delivery', 'in', ids).execute();
      await tx.deleteFrom('webhook_delivery').where('id', 'in', ids).execute();
      return ids.length;
    },

    async countDeliveries(realm: Realm, before: number): Promise<number> {
      const { n } = await oldDeliveries(db, realm, before)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** Alerts older than `before`, but of nobody under a hold. At most a page of them; how many there were. */
    async deleteAlerts(tx: Tx, realm: Realm, before: number): Promise<number> {
      const { numDeletedRows } = await tx
        .deleteFrom('alert')
        .where('id', 'in', oldAlerts(tx, realm, before).select('old.id').limit(PAGE))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    async countAlerts(realm: Realm, before: number): Promise<number> {
      const { n } = await oldAlerts(db, realm, before)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /**
     * Failures counted against an address, the last before `before`; what a person has to enable again stays, and so does what
     * counts against somebody under a hold. At most a page of them.
     */
    async deleteClaims(tx: Tx, realm: Realm, before: number): Promise<number> {
      const { numDeletedRows } = await tx
        .deleteFrom('claim')
        .where('organization', '=', realm.organization)
        .where('world', '=', realm.world)
        .where('claim_hash', 'in', oldClaims(tx, realm, before).select('claim.claim_hash').limit(PAGE))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    async countClaims(realm: Realm, before: number): Promise<number> {
      const { n } = await oldClaims(db, realm, before)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** The newest line of the audit log; undefined when there is none. */
    async newestLine(): Promise<{ seq: number; at: number } | undefined> {
      const row = await db
        .selectFrom('audit')
        .select(['seq', 'at'])
        .where('seq', 'is not', null)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && { seq: Number(row.seq), at: Number(row.at) };
    },

    /** The furthest that the time went on, and back, from one line of the audit log to the next, from line `first` on. */
    async jumps(first: number): Promise<{ ahead: number; back: number }> {
      const { rows } = await sql<{ ahead: number | null; back: number | null }>`
        select max(step) as ahead, -min(step) as back
        from (select at - lag(at) over (order by seq) as step from audit where seq >= ${first}) as steps
      `.execute(db);
      const [row] = rows;
      return { ahead: Number(row?.ahead ?? 0), back: Number(row?.back ?? 0) };
    },

    async begin(tx: Tx, organization: OrganizationId, sweep: SweepRow): Promise<void> {
      const { id, startedAt, actor, report } = sweep;
      await tx
        .insertInto('retention_sweep')
        .values({ id, organization, started_at: startedAt, finished_at: null, actor, report })
        .execute();
    },
    async finish(tx: Tx, id: string, report: string, finishedAt: number | null): Promise<void> {
      await tx
        .updateTable('retention_sweep')
        .set({ report, finished_at: finishedAt })
        .where('id', '=', id)
        .execute();
    },
    /** Newest first. */
    async sweeps(organization: OrganizationId, limit: number): Promise<SweepRow[]> {
      const rows = await db
        .selectFrom('retention_sweep')
        .selectAll()
        .where('organization', '=', organization)
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        startedAt: row.started_at,
        actor: row.actor,
        report: row.report,
        ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
      }));
    },
  };
}
