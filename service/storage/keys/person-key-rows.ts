import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Opened } from '../connection.ts';
import type { DialectName } from '../migration.ts';
import { slices } from '../slices/slices.ts';
import type { KeySchema } from './key-store-schema.ts';
import type { KeyWriter } from './key-writer.ts';
import { changedMeanwhile, type WrappedPersonKey } from './wrapped-key.ts';

/** Keys that are counted in one go. */
const COUNTED = 5_000;

/** The keys of people. */
export interface PersonKeyRows {
  persons(subjects: readonly SubjectId[]): Promise<WrappedPersonKey[]>;
  /** Throws for a second key of the same person, and CONFLICT where the organization has a newer generation: another node made it. */
  addPerson(key: WrappedPersonKey): Promise<void>;
  /** How many there were. Throws INTERNAL where a damaged index hides one, which is not removed. */
  removePersons(subjects: readonly SubjectId[]): Promise<number>;
  /** The people with a key after `after`, in the order of their ids, at most `limit`; and when it was written, ms since 1970. */
  personsAfter(after: string, limit: number): Promise<{ subject: SubjectId; createdAt: number }[]>;
  /** Those of the organization whose key was written further than `milliseconds` from `time`, before or after. */
  personsApart(organization: OrganizationId, time: number, milliseconds: number): Promise<SubjectId[]>;
  countPersons(): Promise<number>;
  /** Organizations with at least one person's key. */
  peopledOrganizations(): Promise<OrganizationId[]>;
  /** People of the organization whose key is wrapped by a generation before `newest`. */
  countOlderPersons(organization: OrganizationId, newest: number): Promise<number>;
  /** The next of them after `after`, in the order of their ids, at most `limit`. */
  olderPersons(
    organization: OrganizationId,
    newest: number,
    page: { after: string; limit: number },
  ): Promise<WrappedPersonKey[]>;
  /** A key that was destroyed since stays destroyed. */
  rewrapPersons(keys: readonly WrappedPersonKey[]): Promise<void>;
}

export function createPersonKeyRows(
  { db, dialect }: Pick<Opened<KeySchema>, 'db' | 'dialect'>,
  { write, listed }: Pick<KeyWriter, 'write' | 'listed'>,
  clock: Clock,
): PersonKeyRows {
  return {
    async persons(subjects) {
      const rows = await db
        .selectFrom('person_key')
        .select(['subject', 'organization', 'generation', 'wrapped'])
        .where('subject', 'in', listed(subjects))
        .execute();
      return rows as WrappedPersonKey[];
    },
    addPerson: (key) =>
      write(async (tx) => {
        const newer = await tx
          .selectFrom('organization_key')
          .select('generation')
          .where('organization', '=', key.organization)
          .where('generation', '>', key.generation)
          .limit(1)
          .executeTakeFirst();
        if (newer) throw changedMeanwhile();
        await tx
          .insertInto('person_key')
          .values({ ...key, created_at: clock.now() })
          .execute();
        return { touched: { table: 'person_key', keys: [[key.subject]] }, result: undefined };
      }),
    async removePersons(subjects) {
      const gone = await write(
        async (tx) => {
          const rows = await tx
            .deleteFrom('person_key')
            .where('subject', 'in', listed(subjects))
            .returning('subject')
            .execute();
          const keys = rows.map(({ subject }) => [subject]);
          return { touched: { table: 'person_key', keys }, result: new Set(rows.map((row) => row.subject)) };
        },
        { destroys: true },
      );
      const others = subjects.filter((subject) => !gone.has(subject));
      if (dialect === 'sqlite' && others.length > 0) await requireGone(db, others);
      return gone.size;
    },
    async personsAfter(after, limit) {
      const rows = await db
        .selectFrom('person_key')
        .select(['subject', 'created_at as createdAt'])
        .where('subject', '>', after)
        .orderBy('subject')
        .limit(limit)
        .execute();
      return rows as { subject: SubjectId; createdAt: number }[];
    },
    async personsApart(organization, time, milliseconds) {
      const rows = await db
        .selectFrom('person_key')
        .select('subject')
        .where('organization', '=', organization)
        .where((eb) => eb.not(eb.between('created_at', time - milliseconds, time + milliseconds)))
        .execute();
      return rows.map(({ subject }) => subject as SubjectId);
    },
    async countPersons() {
      const { count } = await db
        .selectFrom('person_key')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    async peopledOrganizations() {
      const rows = await db.selectFrom('person_key').select('organization').distinct().execute();
      return rows.map(({ organization }) => organization as OrganizationId);
    },
    ...createPersonRewraps(db, dialect, write),
  };
}

/** Reads every row, as an index that is damaged finds none. */
async function requireGone(db: Kysely<KeySchema>, subjects: readonly SubjectId[]): Promise<void> {
  const list = JSON.stringify(subjects);
  const after = (rowid: string) => sql`rowid > cast(${rowid} as integer)`;
  const endAfter = async (start: string) => {
    const { rows } = await sql<{ id: number }>`select rowid as id from person_key not indexed
      where ${after(start)} order by rowid limit 1 offset ${COUNTED}`.execute(db);
    return rows[0] && String(rows[0].id);
  };
  for await (const { after: start, through } of slices(endAfter)) {
    const end = through === undefined ? sql`` : sql`and rowid <= cast(${through} as integer)`;
    const { rows } = await sql<{ subject: string }>`select subject from person_key not indexed
      where ${after(start)} ${end} and subject in (select value from json_each(${list}))`.execute(db);
    if (rows[0])
      throw new Problem(
        'INTERNAL',
        `The key of ${rows[0].subject} was not destroyed: an index of keys.db is damaged and does not find it. Stop the service, then repair the index: gatehouse migrate --reindex`,
      );
  }
}

/** Moves keys of people to a newer generation of their organization's key. */
function createPersonRewraps(
  db: Kysely<KeySchema>,
  dialect: DialectName,
  write: KeyWriter['write'],
): Pick<PersonKeyRows, 'countOlderPersons' | 'olderPersons' | 'rewrapPersons'> {
  return {
    countOlderPersons: (organization, newest) => countOlderKeys(db, organization, newest),
    async olderPersons(organization, newest, { after, limit }) {
      const rows = await db
        .selectFrom('person_key')
        .select(['subject', 'organization', 'generation', 'wrapped'])
        .where('subject', '>', after)
        .where('organization', '=', organization)
        .where('generation', '<', newest)
        .orderBy('subject')
        .limit(limit)
        .execute();
      return rows as WrappedPersonKey[];
    },
    rewrapPersons: (rewrapped) =>
      write(async (tx) => {
        const changed = await updatePersons(tx, dialect, rewrapped);
        const keys = changed.map(({ subject }) => [subject]);
        return { touched: { table: 'person_key', keys }, result: undefined };
      }),
  };
}

/** Keys of people that are wrapped by a generation before `newest`. */
export async function countOlderKeys(
  db: Kysely<KeySchema>,
  organization: OrganizationId,
  newest: number,
): Promise<number> {
  let counted = 0;
  const keysAfter = (after: string) => db.selectFrom('person_key').where('subject', '>', after);
  const endAfter = async (after: string) => {
    const rows = keysAfter(after).select('subject').orderBy('subject').limit(1).offset(COUNTED);
    return (await rows.executeTakeFirst())?.subject;
  };
  for await (const { after, through } of slices(endAfter)) {
    const { count } = await keysAfter(after)
      .$if(through !== undefined, (all) => all.where('subject', '<=', through!))
      .where('organization', '=', organization)
      .where('generation', '<', newest)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    counted += Number(count);
  }
  return counted;
}

/** One statement: on SQLite no other work has a turn during a transaction, and one for each row takes several times as long. */
async function updatePersons(
  tx: Transaction<KeySchema>,
  dialect: DialectName,
  rewrapped: readonly WrappedPersonKey[],
): Promise<{ subject: string }[]> {
  const list = JSON.stringify(
    rewrapped.map(({ subject, generation, wrapped }) => [
      subject,
      generation,
      Buffer.from(wrapped).toString('hex'),
    ]),
  );
  const [rows, bytes] =
    dialect === 'sqlite'
      ? [sql`json_each(${list}) as given`, sql`unhex(given.value ->> 2)`]
      : [sql`json_array_elements(${list}::json) as given(value)`, sql`decode(given.value ->> 2, 'hex')`];
  const updated = await sql<{ subject: string }>`
    update person_key set generation = cast(given.value ->> 1 as integer), wrapped = ${bytes}
    from ${rows} where person_key.subject = given.value ->> 0
    returning person_key.subject as subject`.execute(tx);
  return updated.rows;
}
