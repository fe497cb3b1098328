import type { SubjectId } from '../../lib/id.ts';
import { isUnderHold, notBeingErased } from '../../storage/legal-holds.ts';
import { type Slice, slices } from '../../storage/slices/slices.ts';
import type { Db } from '../../storage/transaction.ts';
import { readStanding, type Standing } from '../consent/index.ts';
import type { Realm } from './realm.ts';

/** Rows that are looked at in one go: some milliseconds of the event loop. */
export const LOOKED_AT_ONCE = 500;
/** Rows that are counted in one go, in an index. */
const SLICE = 5_000;

/** Fields that decide the retention of a person. Times are ms since 1970. */
export interface KeptPerson {
  subject: SubjectId;
  /** Last enrollment. */
  enrolledAt: number;
  /** Last verified verification. */
  usedAt?: number;
  standing: Standing;
  /** A legal hold protects them. */
  held: boolean;
}

const rowsOf = (db: Db, { organization, world }: Realm) =>
  db
    .selectFrom('subject')
    .where('subject.organization', '=', organization)
    .where('subject.world', '=', world)
    // Members of uniqueness scopes have a term of their own (engine/uniqueness).
    .where('subject.member_of', 'is', null)
    .where(notBeingErased)
    .select((eb) => [
      'subject.id',
      'subject.updated_at',
      'subject.last_used_at',
      'subject.withheld',
      isUnderHold(eb).as('held'),
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

const toKept = (row: Row): KeptPerson => ({
  subject: row.id as SubjectId,
  enrolledAt: row.updated_at,
  ...(row.last_used_at === null ? {} : { usedAt: row.last_used_at }),
  standing: readStanding(row.withheld),
  // SQLite answers 0 or 1.
  held: Number(row.held) === 1,
});

/** People not used or enrolled since `before`, and people with a recorded consent or withdrawal; in pages, some of them empty. */
export async function* peopleNotUsedSince(
  db: Db,
  realm: Realm,
  before: number,
): AsyncGenerator<KeptPerson[]> {
  for await (const { after, through } of slicesOfPeople(db, realm, LOOKED_AT_ONCE)) {
    const rows = await rowsOf(db, realm)
      .where('subject.id', '>', after)
      .$if(through !== undefined, (all) => all.where('subject.id', '<=', through!))
      .where(({ eb, and, or }) =>
        or([
          eb('subject.withheld', '<>', '[]'),
          and([
            eb('subject.updated_at', '<=', before),
            or([eb('subject.last_used_at', 'is', null), eb('subject.last_used_at', '<=', before)]),
          ]),
        ]),
      )
      .execute();
    yield rows.map(toKept);
  }
}

/** Undefined when there is no such person any more. */
export async function findKept(db: Db, realm: Realm, subject: SubjectId): Promise<KeptPerson | undefined> {
  const row = await rowsOf(db, realm).where('subject.id', '=', subject).executeTakeFirst();
  return row && toKept(row);
}

/** People without those whose erasure has begun. */
export async function countPeople(db: Db, realm: Realm): Promise<number> {
  let counted = 0;
  for await (const { after, through } of slicesOfPeople(db, realm, SLICE)) {
    const { n } = await peopleAfter(db, realm, after)
      .$if(through !== undefined, (rows) => rows.where('id', '<=', through!))
      .where(notBeingErased)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    counted += Number(n);
  }
  return counted;
}

/** Ranges with `size` people each, as an index has them. */
export const slicesOfPeople = (db: Db, realm: Realm, size: number): AsyncGenerator<Slice> =>
  slices(async (after) => {
    const row = await peopleAfter(db, realm, after)
      .select('id')
      .orderBy('id')
      .limit(1)
      .offset(size)
      .executeTakeFirst();
    return row?.id;
  });

const peopleAfter = (db: Db, { organization, world }: Realm, after: string) =>
  db
    .selectFrom('subject')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('id', '>', after);
