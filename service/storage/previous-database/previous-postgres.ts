import pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { MIGRATION_LOCK, tablesMadeBy } from '../migrate.ts';
import { type Migration, schemaNumber } from '../migration.ts';
import { ASIDE_PREFIX } from '../postgres/check-postgres.ts';
import { openPostgresSession, type PostgresSession, withPostgresSession } from '../postgres/postgres.ts';
import { takePostgresLock } from '../postgres/postgres-lock.ts';
import { explainRefusal } from '../postgres/postgres-refusal.ts';
import {
  describeSchema,
  findSnapshotDamage,
  homeOf,
  newestIn,
  type PostgresSnapshot,
  snapshotsOf,
  stampOf,
  upTo,
  withRecord,
} from '../postgres/snapshot-postgres.ts';
import { toStorageProblem } from '../storage-problem.ts';
import type { Aside, BackMarker, FormerDatabase, RestoreLoss } from './previous-database.ts';

const quoted = pg.escapeIdentifier;

/** Milliseconds for which a table is waited for that another session reads. */
const LOCK_PATIENCE = 10_000;

export interface FormerOptions {
  writer: string;
  log: Log;
  admit(from: string): void;
  migrations: readonly Migration[];
  /** Milliseconds for a table that another session reads; 10,000 unless given. */
  lockPatience?: number;
}

/**
 * `writer`: who goes back, for a process that is refused meanwhile. `admit` may refuse by the schema of the database. Throws CONFLICT where the database cannot be reached, is in use, or
 * has no snapshot with an older schema.
 */
export async function openFormerPostgres(
  url: string,
  { writer, log, admit, migrations, lockPatience = LOCK_PATIENCE }: FormerOptions,
): Promise<FormerDatabase> {
  const session = await openPostgresSession(url, 'gatehouse migrate --back');
  await using opened = new AsyncDisposableStack();
  opened.defer(() => session.end().catch(() => {}));
  try {
    const lock = await takePostgresLock(url, { log, holder: writer });
    opened.defer(() => lock.close());
    const home = await homeOf(session);
    const from = await newestIn(session, home);
    admit(from);
    upTo(migrations, from);
    const snapshot = (await snapshotsOf(session, home)).findLast(
      ({ version }) => schemaNumber(version, migrations) < schemaNumber(from, migrations),
    );
    if (!snapshot) throw noSnapshot(session, from);
    const facts = await compareWith(session, home, snapshot);
    const everything = opened.move();
    const { schema, version, takenAt } = snapshot;
    return {
      from,
      snapshot: { where: describeSchema(schema), name: schema, version, takenAt },
      ...facts,
      findDamage: () => findSnapshotDamage(session, snapshot, migrations),
      requireAlone: () => lock.require(),
      exchange: (marker, clock) =>
        exchange(
          {
            session,
            url,
            home,
            from,
            snapshot,
            migrations,
            lockPatience,
            fence: () => lock.fence((statement, values) => session.query(statement, values)),
          },
          marker,
          clock,
        ),
      close: () => everything.disposeAsync(),
    };
  } catch (error) {
    throw toStorageProblem(explainRefusal(error, url) ?? error);
  }
}

const noSnapshot = ({ database }: PostgresSession, from: string) =>
  new Problem(
    'CONFLICT',
    `The database has schema ${from}, and PostgreSQL ${quoted(database ?? '?')} holds no snapshot with an older one: there is nothing to go back to. An older backup is put back with "gatehouse restore FILE --keys PLACE".`,
  );

/** What is in the database and not in the snapshot. */
async function compareWith(
  session: PostgresSession,
  home: string,
  { schema }: PostgresSnapshot,
): Promise<Pick<FormerDatabase, 'renewed' | 'organizations' | 'auditLines' | 'loss'>> {
  const [now, old] = [quoted(home), quoted(schema)];
  const lost = (table: string) =>
    `from ${now}.${table} n where not exists (select from ${old}.${table} o where o.id = n.id)`;
  const again = `from ${now}.subject n join ${old}.subject o on o.id = n.id where n.updated_at > o.updated_at`;
  try {
    const { rows } = await session.query<
      Omit<RestoreLoss, 'newestAt'> & { newestAt: number | null; auditLines: number; renewed: number }
    >(
      `select (select count(*) from ${now}.subject) as people,
        (select count(*) ${lost('subject')}) as "peopleLost",
        (select count(*) ${again}) as "enrolledAgain",
        (select count(*) ${lost('verification')}) as verifications,
        greatest((select max(n.updated_at) ${lost('subject')}), (select max(n.updated_at) ${again}),
          (select max(n.created_at) ${lost('verification')})) as "newestAt",
        (select count(*) ${lost('audit')}) as "auditLines",
        (select count(*) ${lost('audit')} and n.action = 'organization.renew-templates') as renewed`,
    );
    const { auditLines, renewed, newestAt, ...loss } = rows[0]!;
    const organizations = await session.query<{ id: string }>(`select id from ${old}.organization`);
    return {
      renewed: renewed > 0,
      auditLines,
      organizations: organizations.rows.map(({ id }) => id),
      loss: { ...loss, ...(newestAt === null ? {} : { newestAt }) },
    };
  } catch (error) {
    // A table or column that is not there.
    if (!(error instanceof pg.DatabaseError) || !/^42(P01|703)$/.test(error.code ?? '')) throw error;
    throw new Problem(
      'CONFLICT',
      `The snapshot in ${describeSchema(schema)} is damaged (${error.message}): nothing was changed.`,
    );
  }
}

interface Exchange {
  session: PostgresSession;
  url: string;
  home: string;
  from: string;
  snapshot: PostgresSnapshot;
  migrations: readonly Migration[];
  lockPatience: number;
  fence(): Promise<void>;
}

/** The tables move between schemas, all of them or none: no row is copied, and no room is needed. */
async function exchange(work: Exchange, marker: BackMarker | undefined, clock: Clock): Promise<Aside> {
  const { session, url, snapshot } = work;
  const aside = `${ASIDE_PREFIX}${stampOf(clock)}`;
  let committing = false;
  try {
    await session.query('begin');
    await moveTables(work, aside);
    marker?.write();
    await work.fence();
    committing = true;
    await session.query('commit');
  } catch (error) {
    const done = committing ? await isGone(url, snapshot.schema) : false;
    if (done === undefined) throw unknownOutcome(error);
    if (!done) {
      await session.query('rollback').catch(() => {});
      marker?.remove();
      throw toStorageProblem(explainExchange(error, url));
    }
  }
  return { where: describeSchema(aside), removal: `DROP SCHEMA ${aside} CASCADE;` };
}

async function moveTables(
  { session, home, from, snapshot, migrations, lockPatience }: Exchange,
  aside: string,
): Promise<void> {
  await session.query(`set local synchronous_commit = 'on'; set local lock_timeout = ${lockPatience}`);
  await session.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await session.query(`create schema ${quoted(aside)}`);
  const move = async (version: string, source: string, target: string) => {
    for (const { name } of withRecord(tablesMadeBy(upTo(migrations, version)))) {
      await session.query(`alter table ${quoted(source)}.${quoted(name)} set schema ${quoted(target)}`);
    }
  };
  await move(from, home, aside);
  await move(snapshot.version, snapshot.schema, home);
  await session.query(`drop schema ${quoted(snapshot.schema)}`);
}

/** Whether the exchange was committed, after its answer was lost; undefined where the server does not say. */
async function isGone(url: string, schema: string): Promise<boolean | undefined> {
  try {
    return await withPostgresSession(url, 'gatehouse migrate --back', async (session) => {
      const { rows } = await session.query('select from pg_namespace where nspname = $1', [schema]);
      return rows.length === 0;
    });
  } catch {
    return undefined;
  }
}

const unknownOutcome = (cause: unknown) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The connection to PostgreSQL was lost while the snapshot was put back, so it is not known whether it was. Nothing is lost: run the same command again as soon as the server answers.',
    { cause, retryAfterSeconds: 5 },
  );

function explainExchange(error: unknown, url: string): unknown {
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  if (code === '55P03') {
    return new Problem(
      'CONFLICT',
      'Another session reads or writes the tables of the database (pg_dump, a report, psql): end it first. Nothing was changed in the database; then run the same command again.',
      { cause: error },
    );
  }
  if (code === '2BP01') {
    return new Problem(
      'CONFLICT',
      `The schema of the snapshot holds something that Gatehouse did not make (${error instanceof Error ? error.message : error}): move it elsewhere, then run the same command again. Nothing was changed in the database.`,
      { cause: error },
    );
  }
  return explainRefusal(error, url) ?? error;
}
